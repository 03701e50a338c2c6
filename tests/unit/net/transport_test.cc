#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libraft/net/asio_transport.h"
#include "libraft/net/frame.h"

namespace raft {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

constexpr auto kPatience = 20s;

/// What one transport received and logged; wakes whoever waits for it.
class Mailbox {
 public:
  ReceiveHandler receiver() {
    return [this](NodeId from, std::vector<Message> messages) {
      std::lock_guard lock(mutex_);
      for (Message& message : messages) received_.emplace_back(from, std::move(message));
      moved_.notify_all();
    };
  }
  LogSink log() {
    return [this](LogLevel, std::string_view line) {
      std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
      moved_.notify_all();
    };
  }
  bool wait_for_messages(std::size_t count) {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, kPatience, [&] { return received_.size() >= count; });
  }
  bool wait_for_line(std::string_view words) {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, kPatience, [&] {
      return std::any_of(lines_.begin(), lines_.end(),
                         [&](const std::string& line) { return line.find(words) != std::string::npos; });
    });
  }
  std::vector<std::pair<NodeId, Message>> received() {
    std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  std::mutex mutex_;  // guards everything below
  std::condition_variable moved_;
  std::vector<std::pair<NodeId, Message>> received_;
  std::vector<std::string> lines_;
};

TransportOptions options_for(std::uint64_t self, std::uint16_t port = 0) {
  TransportOptions options;
  options.self = NodeId(self);
  options.cluster = 0xc1;
  options.listen = {{"127.0.0.1", port}};
  options.reconnect_delay_min = 1ms;
  options.reconnect_delay_max = 20ms;
  return options;
}

struct End {
  explicit End(TransportOptions options)
      : transport(*AsioTransport::create(std::move(options), box.receiver(), box.log())) {}
  std::uint16_t port() const { return transport->ports().front(); }

  Mailbox box;
  std::unique_ptr<AsioTransport> transport;
};

/// Sends until it arrives: a transport drops what it has no connection for.
bool delivered(End& from, End& to, NodeId receiver) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!from.transport->connected(receiver) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  const std::size_t before = to.box.received().size();
  from.transport->send(receiver, {TimeoutNow{Term(1)}});
  return to.box.wait_for_messages(before + 1);
}

TEST(Transport, CarriesMessagesInOrderBothWays) {
  End one(options_for(1));
  TransportOptions second = options_for(2);
  second.peers = {{NodeId(1), "127.0.0.1", one.port()}};
  End two(second);
  one.transport->start();
  two.transport->start();
  ASSERT_TRUE(delivered(two, one, NodeId(1)));
  constexpr std::size_t kCount = 20000;
  for (std::size_t i = 0; i < kCount; ++i) two.transport->send(NodeId(1), {ReadIndexRequest{Term(1), i}});
  ASSERT_TRUE(one.box.wait_for_messages(kCount + 1));
  const auto received = one.box.received();
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(received[i + 1].first, NodeId(2));
    ASSERT_EQ(std::get<ReadIndexRequest>(received[i + 1].second).id, i);
  }
}

TEST(Transport, CarriesALargePayload) {
  End one(options_for(1));
  TransportOptions second = options_for(2);
  second.peers = {{NodeId(1), "localhost", one.port()}};
  End two(second);
  one.transport->start();
  two.transport->start();
  ASSERT_TRUE(delivered(two, one, NodeId(1)));
  AppendEntries append{.term = Term(1)};
  const auto payload = std::make_shared<const std::string>(16U << 20U, 'x');
  append.entries.push_back({Index(1), Term(1), EntryType::kCommand, payload});
  two.transport->send(NodeId(1), {append});
  ASSERT_TRUE(one.box.wait_for_messages(2));
  EXPECT_EQ(std::get<AppendEntries>(one.box.received()[1].second).entries[0].bytes(), *payload);
}

TEST(Transport, ComesBackWhenThePeerDoes) {
  auto one = std::make_unique<End>(options_for(1));
  const std::uint16_t port = one->port();
  TransportOptions second = options_for(2);
  second.peers = {{NodeId(1), "127.0.0.1", port}};
  End two(second);
  one->transport->start();
  two.transport->start();
  ASSERT_TRUE(delivered(two, *one, NodeId(1)));
  one.reset();
  ASSERT_TRUE(two.box.wait_for_line("event=peer-unreachable"));
  two.transport->send(NodeId(1), {TimeoutNow{Term(1)}});  // no connection: dropped, and no fault
  End again(options_for(1, port));
  again.transport->start();
  EXPECT_TRUE(delivered(two, again, NodeId(1)));
}

TEST(Transport, RefusesAPeerOfAnotherClusterAndSaysSoOnBothSides) {
  End one(options_for(1));
  TransportOptions second = options_for(2);
  second.cluster = 0xc2;
  second.peers = {{NodeId(1), "127.0.0.1", one.port()}};
  End two(second);
  one.transport->start();
  two.transport->start();
  EXPECT_TRUE(one.box.wait_for_line("is of cluster c2, this member of c1"));
  EXPECT_TRUE(two.box.wait_for_line("is of cluster c2, this member of c1"));
  EXPECT_FALSE(two.transport->connected(NodeId(1)));
}

TEST(Transport, RefusesAConnectionMeantForAnotherMember) {
  End one(options_for(1));
  TransportOptions second = options_for(2);
  second.peers = {{NodeId(3), "127.0.0.1", one.port()}};
  End two(second);
  one.transport->start();
  two.transport->start();
  EXPECT_TRUE(two.box.wait_for_line("wants member 3, this is 1"));
}

TEST(Transport, APortInUseIsAnErrorThatNamesIt) {
  End one(options_for(1));
  Mailbox box;
  const auto taken = AsioTransport::create(options_for(2, one.port()), box.receiver(), box.log());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(taken.error().text().find(std::to_string(one.port())), std::string::npos);
}

TEST(Transport, StrangersWhoTalkNonsenseDisturbNobody) {
  End one(options_for(1));
  TransportOptions second = options_for(2);
  second.peers = {{NodeId(1), "127.0.0.1", one.port()}};
  End two(second);
  one.transport->start();
  two.transport->start();
  std::string liar;  // a valid header that announces more than a handshake may hold
  begin_frame(liar);
  liar += std::string(5000, 'x');
  seal_frame(liar, 0, FrameType::kHello);
  boost::asio::io_context io;
  for (const std::string& words : {std::string("GET / HTTP/1.1\r\n\r\nmore than a header"),
                                   std::string(100000, '\xff'), liar, std::string("KFT1")}) {
    tcp::socket stranger(io);
    stranger.connect({boost::asio::ip::make_address("127.0.0.1"), one.port()});
    boost::system::error_code ignored;
    boost::asio::write(stranger, boost::asio::buffer(words), ignored);
  }
  EXPECT_TRUE(one.box.wait_for_line("is not of the peer protocol"));
  EXPECT_TRUE(one.box.wait_for_line("announces 5000 bytes; at most 1024"));
  EXPECT_TRUE(delivered(two, one, NodeId(1)));
}

TEST(Transport, SendNeverBlocksOnAPeerThatDoesNotRead) {
  boost::asio::io_context io;
  tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  TransportOptions first = options_for(1);
  first.peers = {{NodeId(2), "127.0.0.1", silent.local_endpoint().port()}};
  first.queued_bytes_max = 1U << 20U;
  End one(first);
  one.transport->start();
  tcp::socket never_read = silent.accept();
  const auto payload = std::make_shared<const std::string>(1U << 20U, 'x');
  for (int i = 0; i < 100; ++i) one.transport->send(NodeId(2), {ForwardProposals{Term(1), {payload}}});
  EXPECT_EQ(one.transport->counters().front().messages_dropped, 100U) << "no handshake: nothing is queued";
}

}  // namespace
}  // namespace raft
