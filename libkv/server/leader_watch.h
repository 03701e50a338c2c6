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

#include "libkv/server/desk.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"

namespace kv {

/// Thread: any. Callbacks run without the lock.
class LeaderWatch final : public Desk {
 public:
  /// `limit`: how long a wish for another leader waits.
  explicit LeaderWatch(Clock::duration limit) : limit_(limit), waiters_(limit, 1) {}

  /// Answers when `target` leads; kTransferTimeout when it does not in time.
  void expect(raft::NodeId target, TransferDone done);
  // Desk
  void status_changed(const raft::CoreStatus& status) override;
  void ticked(Clock::time_point now) override;
  void closed() override { waiters_.fail_all(ServerError::kStopped); }

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
