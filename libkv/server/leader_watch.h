// Who leads, as this member knows, and who waits for it to be another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "libkv/server/server.h"
#include "libkv/server/waiters.h"

namespace kv {

/// Thread: any. Callbacks run without the lock.
class LeaderWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `limit`: how long a wish for another leader waits.
  explicit LeaderWatch(Clock::duration limit) : limit_(limit), waiters_(limit, 1) {}

  /// The replica's word on who leads now.
  void update(std::optional<raft::NodeId> leader);
  /// Answers when `target` leads; kTransferTimeout when it does not in time.
  void expect(raft::NodeId target, TransferDone done);
  /// Answers the wishes whose time is over.
  void expire(Clock::time_point now);
  /// Answers all wishes with kStopped, and every later one at once.
  void stop() { waiters_.fail_all(ServerError::kStopped); }

  /// Waits until another than `self` is known to lead. Blocks for `limit` at most.
  void wait_for_another(raft::NodeId self, std::chrono::milliseconds limit);

  /// How often a leader was found.
  [[nodiscard]] std::uint64_t changes() const;
  [[nodiscard]] bool changed_since(Clock::time_point then) const;

 private:
  struct Wish {
    raft::NodeId target;
    std::uint64_t ticket;
    Clock::time_point until;
  };

  void answer_wishes();

  const Clock::duration limit_;
  Waiters<std::monostate> waiters_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable moved_;
  std::optional<raft::NodeId> leader_;
  std::uint64_t changes_ = 0;
  Clock::time_point changed_at_;
  std::vector<Wish> wishes_;
};

}  // namespace kv
