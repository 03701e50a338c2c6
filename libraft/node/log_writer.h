// The stage that writes the log: everything that queued becomes durable in one sync (group commit).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "libraft/base/queue.h"
#include "libraft/base/result.h"
#include "libraft/core/effects.h"
#include "libraft/log/log_store.h"

namespace raft {

/// Merges a later write into an earlier one: a later entry replaces whatever stood from its index on.
void merge(LogBatch& batch, Persist&& persist);

/// Thread: run on one of its own, the rest from any.
class LogWriter {
 public:
  /// Called on the thread that runs; may not block.
  struct Events {
    std::function<void(std::uint64_t sequence)> persisted;  ///< up to this one all is durable
    std::function<void(const Error&)> failed;
  };

  /// `log` must outlive it. While `halted`, what queues is dropped.
  LogWriter(LogStore& log, const std::atomic<bool>& halted, Events events);

  /// False when its queue is full, which the replica's own limits prevent, or closed.
  [[nodiscard]] bool push(Persist persist) { return queue_.push(std::move(persist)); }
  /// Until close, and then what is queued.
  void run();
  void close() { queue_.close(); }
  /// Syncs that have ended.
  [[nodiscard]] std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }

 private:
  Result<void> write(std::vector<Persist>& persists);

  LogStore& log_;
  const std::atomic<bool>& halted_;
  const Events events_;
  BatchQueue<Persist> queue_;
  std::atomic<std::uint64_t> batches_ = 0;
};

}  // namespace raft
