// One member's transport on the loopback interface, with what it received and logged.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libraft/net/asio_transport.h"

namespace raft {

inline constexpr std::uint64_t kTestCluster = 0xc1;

/// Short times, so that tests of timeouts are short.
AsioTransportOptions member_options(std::uint64_t id, std::uint16_t port = 0);

/// Thread: the test's. Waits end at a generous deadline, with false.
class Member {
 public:
  /// Fails the test if the transport cannot be made.
  explicit Member(AsioTransportOptions options);
  explicit Member(std::uint64_t id) : Member(member_options(id)) {}
  ~Member() { transport->stop(); }

  void start();
  /// Tells this member where `other` is.
  void knows(const Member& other);
  void knows(std::uint64_t id, std::uint16_t port);
  void send(NodeId to, std::vector<Message> messages) { transport->send(to, std::move(messages)); }
  void send(NodeId to, Message message);

  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] std::uint16_t port() const { return transport->bound_ports().front(); }
  [[nodiscard]] PeerCounters counters(NodeId peer) const;

  bool wait_until(const std::function<bool()>& condition);
  bool wait_connected(NodeId peer);
  /// Until so many messages came from `peer`.
  bool wait_received(NodeId peer, std::size_t count);
  bool wait_logged(const std::string& part);

  [[nodiscard]] std::vector<Message> received(NodeId from) const;
  /// Lines that contain `part`.
  [[nodiscard]] std::size_t logged(const std::string& part) const;

  std::unique_ptr<AsioTransport> transport;

 private:
  [[nodiscard]] std::size_t received_count(NodeId from) const;

  const NodeId id_;
  mutable std::mutex mutex_;  // guards received_, lines_
  std::condition_variable changed_;
  std::vector<std::pair<NodeId, Message>> received_;
  std::vector<std::string> lines_;
};

/// Two members that know each other and are connected both ways.
struct Pair {
  Pair();
  Member a{1};
  Member b{2};
};

/// TimeoutNow messages with terms first, first + 1, ...
std::vector<Message> numbered(std::uint64_t first, std::size_t count);
/// True when `messages` are numbered(first, messages.size()).
bool in_order_from(std::uint64_t first, const std::vector<Message>& messages);

}  // namespace raft
