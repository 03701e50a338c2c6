#include <gtest/gtest.h>

#include "tests/unit/rpc/support.h"

namespace kv::rpc::test {
namespace {

TEST(Stream, EchoesMessagesBothWaysInOrder) {
  TestServer server;
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Chat", {}, log.events());
  constexpr int kMessages = 500;
  for (int i = 0; i < kMessages; ++i) stream->send("message " + std::to_string(i));
  stream->half_close();
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, Status{});
  ASSERT_EQ(log.messages.size(), kMessages);
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_EQ(log.messages[static_cast<std::size_t>(i)], "message " + std::to_string(i));
  }
  EXPECT_TRUE(server.done.wait());
}

TEST(Stream, CarriesMessagesLargerThanAnyWindow) {
  TestServer server({.io_threads = 1, .receive_message_bytes_max = 64 << 20});
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Chat", {}, log.events());
  const std::string large(20 << 20, 'l');
  stream->send(large);
  stream->send("small");
  stream->half_close();
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, Status{});
  ASSERT_EQ(log.messages.size(), 2U);
  EXPECT_TRUE(log.messages[0] == large);
  EXPECT_EQ(log.messages[1], "small");
}

TEST(Stream, CountsTheClientsMessages) {
  TestServer server;
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Count", {}, log.events());
  for (int i = 0; i < 7; ++i) stream->send({});
  stream->half_close();
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, Status{});
  EXPECT_EQ(log.messages, std::vector<std::string>{"7"});
}

TEST(Stream, ThrottlesItselfByQueuedBytesAndPostedWork) {
  TestServer server;
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream("/test.Echo/Flood", {}, log.events());
  constexpr int kMebibytes = 64;
  stream->send(std::to_string(kMebibytes));
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, Status{});
  EXPECT_EQ(log.messages.size(), kMebibytes);
  std::lock_guard lock(server.mutex);
  EXPECT_LE(server.queued_bytes_max, 5U << 20);
}

TEST(Stream, ToleratesAStreamThatNobodyReads) {
  TestServer server;
  TestClient client(server.port);
  StreamLog unread;
  Signal go_on;
  Signal blocked;
  StreamEvents events = unread.events();
  events.on_message = [&](const std::string&) {
    blocked.raise();
    EXPECT_TRUE(go_on.wait());  // the client's thread stands still: nothing is read any more
  };
  auto stream = client.channel->stream("/test.Echo/Flood", {}, std::move(events));
  stream->send("100");
  ASSERT_TRUE(blocked.wait());
  TestClient other(server.port);
  EXPECT_EQ(other.call("Unary", "others are served").response, "others are served");
  {
    std::lock_guard lock(server.mutex);
    EXPECT_LE(server.queued_bytes_max, 5U << 20);
  }
  go_on.raise();
  ASSERT_TRUE(unread.done.wait());
  EXPECT_EQ(unread.status, Status{});
}

TEST(Stream, TellsTheHandlerWhenTheClientGoes) {
  TestServer server;
  StreamLog log;
  {
    TestClient client(server.port);
    auto stream = client.channel->stream("/test.Echo/Chat", {}, log.events());
    stream->send("one");
    ASSERT_TRUE(log.messages_seen.wait());
  }
  EXPECT_TRUE(log.done.wait());
  EXPECT_TRUE(server.done.wait());
}

TEST(Stream, EndsAtItsDeadline) {
  TestServer server;
  TestClient client(server.port);
  StreamLog log;
  auto stream = client.channel->stream(
      "/test.Echo/Chat", {.timeout = std::chrono::milliseconds(40), .metadata = {}}, log.events());
  ASSERT_TRUE(log.done.wait());
  EXPECT_EQ(log.status, (Status{Code::kDeadlineExceeded, "context deadline exceeded"}));
  EXPECT_TRUE(server.done.wait());
}

TEST(Channel, LetsCallsFinishThatItsOwnerLeftBehind) {
  TestServer server;
  TestClient client(server.port);
  Signal answered;
  std::string response;
  client.channel->unary("/test.Echo/Elsewhere", "left behind", {}, [&](UnaryResult result) {
    response = std::move(result.response);
    answered.raise();
  });
  client.channel.reset();
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(response, "left behind");
}

}  // namespace
}  // namespace kv::rpc::test
