// The stage that runs the state machine: entries, whole states and the reads that wait for them, in order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <variant>
#include <vector>

#include "libraft/base/log_sink.h"
#include "libraft/base/queue.h"
#include "libraft/base/result.h"
#include "libraft/node/replica.h"
#include "libraft/node/snapshot_desk.h"
#include "libraft/node/state_machine.h"

namespace raft {

/// Make the state durable.
struct SyncState {};
/// Go over to the finished state of that transfer.
struct InstallState {
  TransferId transfer = 0;
};
using ApplyItem = std::variant<std::vector<Entry>, ReadyReads, SyncState, InstallState>;

/// Thread: run on one of its own, the rest from any.
class Applier {
 public:
  /// Called on the thread that runs; may not block.
  struct Events {
    std::function<void(std::span<const std::uint64_t> tickets)> reads_ready;
    std::function<void(Index upto)> synced;
    std::function<void(const Error&)> failed;
  };

  /// `machine` and `desk` must outlive it. While `halted`, what queues is dropped.
  Applier(StateMachine& machine, SnapshotDesk& desk, const std::atomic<bool>& halted, Events events,
          LogSink log);

  /// False when its queue is full, which the replica's own limits prevent, or closed.
  [[nodiscard]] bool push(ApplyItem item) { return queue_.push(std::move(item)); }
  /// Until close, and then what is queued.
  void run();
  void close() { queue_.close(); }

  [[nodiscard]] Index applied() const { return Index(applied_.load(std::memory_order_acquire)); }
  /// Batches of entries that were applied.
  [[nodiscard]] std::uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }

 private:
  void take(std::vector<ApplyItem>& items);
  Result<void> carry_out(ApplyItem& item);
  Result<void> apply(std::vector<Entry>& entries);
  Result<void> install(TransferId transfer);
  void serve_reads();

  StateMachine& machine_;
  SnapshotDesk& desk_;
  const std::atomic<bool>& halted_;
  const Events events_;
  const LogSink log_;
  BatchQueue<ApplyItem> queue_;
  std::atomic<std::uint64_t> applied_;
  std::atomic<std::uint64_t> batches_ = 0;
  std::vector<ReadyReads> waiting_;  // its own thread only; unordered, few
};

}  // namespace raft
