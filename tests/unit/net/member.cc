#include "tests/unit/net/member.h"

#include <gtest/gtest.h>

#include <chrono>

namespace raft {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kDeadline{60};
/// Counters change without a notification: they are looked at this often.
constexpr milliseconds kLook{5};

}  // namespace

AsioTransportOptions member_options(std::uint64_t id, std::uint16_t port) {
  AsioTransportOptions options;
  options.self = NodeId(id);
  options.cluster_id = kTestCluster;
  options.listen = {{"127.0.0.1", port}};
  options.limits.reconnect_pause_min = milliseconds(2);
  options.limits.reconnect_pause_max = milliseconds(20);
  options.random_seed = id;
  return options;
}

Member::Member(AsioTransportOptions options) : id_(options.self) {
  options.log = [this](LogLevel, std::string_view line) {
    std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
    changed_.notify_all();
  };
  auto made = AsioTransport::create(std::move(options));
  if (!made) ADD_FAILURE() << made.error().text();
  transport = std::move(*made);
}

void Member::start() {
  const auto started = transport->start([this](NodeId from, std::vector<Message> messages) {
    std::lock_guard lock(mutex_);
    for (Message& message : messages) received_.emplace_back(from, std::move(message));
    changed_.notify_all();
  });
  EXPECT_TRUE(started);
}

void Member::knows(const Member& other) {
  knows(other.id().value(), other.port());
}

void Member::knows(std::uint64_t id, std::uint16_t port) {
  EXPECT_TRUE(transport->set_peer({NodeId(id), {{"127.0.0.1", port}}}));
}

void Member::send(NodeId to, Message message) {
  std::vector<Message> messages;
  messages.push_back(std::move(message));
  send(to, std::move(messages));
}

PeerCounters Member::counters(NodeId peer) const {
  for (const PeerCounters& counters : transport->counters().peers) {
    if (counters.peer == peer) return counters;
  }
  return {};
}

bool Member::wait_until(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + kDeadline;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLook);
  }
  return true;
}

bool Member::wait_connected(NodeId peer) {
  return wait_until([&] { return transport->connected(peer); });
}

bool Member::wait_received(NodeId peer, std::size_t count) {
  return wait_until([&] { return received_count(peer) >= count; });
}

bool Member::wait_logged(const std::string& part) {
  return wait_until([&] { return logged(part) > 0; });
}

std::size_t Member::received_count(NodeId from) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(received_.begin(), received_.end(),
                                                [&](const auto& item) { return item.first == from; }));
}

std::vector<Message> Member::received(NodeId from) const {
  std::lock_guard lock(mutex_);
  std::vector<Message> messages;
  for (const auto& [sender, message] : received_) {
    if (sender == from) messages.push_back(message);
  }
  return messages;
}

std::size_t Member::logged(const std::string& part) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      lines_.begin(), lines_.end(), [&](const std::string& line) { return line.contains(part); }));
}

Pair::Pair() {
  a.knows(b);
  b.knows(a);
  a.start();
  b.start();
  EXPECT_TRUE(a.wait_connected(b.id()));
  EXPECT_TRUE(b.wait_connected(a.id()));
}

std::vector<Message> numbered(std::uint64_t first, std::size_t count) {
  std::vector<Message> messages;
  for (std::size_t i = 0; i < count; ++i) messages.emplace_back(TimeoutNow{Term(first + i)});
  return messages;
}

bool in_order_from(std::uint64_t first, const std::vector<Message>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (term_of(messages[i]) != Term(first + i)) return false;
  }
  return true;
}

}  // namespace raft
