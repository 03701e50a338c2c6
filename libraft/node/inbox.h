// Where everything that the raft thread must know of meets: one lock, one wakeup, whole batches.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "libraft/node/replica.h"

namespace raft {

/// Thread: any, but take from the raft thread only.
class Inbox {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Inbox(std::size_t items_max) : items_max_(items_max) {}

  /// False when the inbox is full: the caller answers "too many requests".
  [[nodiscard]] bool propose(SharedBytes payload);
  [[nodiscard]] bool read(std::uint64_t ticket);
  /// Messages beyond the limit are dropped; the core repairs losses.
  void receive(NodeId from, std::vector<Message> messages);
  void persisted(std::uint64_t sequence);
  void transfer(TransferLeadership wish);
  void target(MembershipTarget wanted);
  void synced(Index upto);
  void snapshot(SnapshotResult result);
  void close();

  /// Waits for something until `deadline`; gives everything there is. False once closed.
  bool take(ReplicaInput& input, Clock::time_point deadline);

 private:
  template <class Change>
  void wake_after(Change change);

  const std::size_t items_max_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable ready_;
  ReplicaInput input_;
  std::size_t messages_ = 0;
  bool filled_ = false;
  bool closed_ = false;
};

}  // namespace raft
