// The whole house on one machine: disk, log, machine, peers, replica and the servers in front, started in
// that order and stopped in the other.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "libraft/base/log_sink.h"
#include "libraft/base/result.h"
#include "tools/kvd/config.h"

namespace tools::kvd {

/// Thread: one, the main thread.
class Node {
 public:
  /// Clients are served when the cluster knows this member's name and addresses, or some seconds have passed;
  /// tick() sees to it. `failed`: the disk failed while running; called once, from any thread.
  static raft::Result<std::unique_ptr<Node>> start(const Config& config, raft::LogSink log,
                                                   std::function<void(const raft::Error&)> failed);
  virtual ~Node() = default;

  /// True once this member serves, knows a leader, and the cluster knows its name and addresses.
  [[nodiscard]] virtual bool ready() const = 0;
  /// One line for systemd and people.
  [[nodiscard]] virtual std::string status_line() const = 0;
  /// False when a thread of the replica has not moved since the last call.
  [[nodiscard]] virtual bool alive() = 0;
  /// True once it is known that this member was removed from the cluster: it should end, and not come back.
  [[nodiscard]] virtual bool removed() const = 0;
  /// True when this member is to be stopped and started again, which gives it the state of another member:
  /// its own is not what a majority has.
  [[nodiscard]] virtual bool must_restart() = 0;
  /// A few times a second: tells the cluster what it has not been told yet, measures what shows only over
  /// time.
  virtual void tick() = 0;
  /// Answers what is open, hands leadership over, closes everything; at most about `limit`.
  virtual void stop(std::chrono::milliseconds limit) = 0;
};

/// The exit code for an error of start: what went wrong decides what systemd and scripts do.
int exit_code(const raft::Error& error);

}  // namespace tools::kvd
