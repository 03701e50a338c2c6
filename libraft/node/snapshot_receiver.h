// The receiving half of InstallSnapshot (§7): chunks in order into a state beside the one in use; then, whole
// and durable, to the core, and once the log has accepted it, to the state machine.
#pragma once

#include <cstdint>
#include <optional>

#include "libraft/core/effects.h"
#include "libraft/core/event.h"
#include "libraft/node/snapshot_senders.h"

namespace raft {

/// One transfer at a time. Until the log has accepted the state, nothing that this member has promised or
/// counts with changes: it votes and acknowledges with the log it has.
class SnapshotReceiver {
 public:
  explicit SnapshotReceiver(const SnapshotOptions& options) : options_(options) {}

  void receive(NodeId from, const SnapshotChunk& chunk, const CoreStatus& status, SnapshotTraffic& traffic);
  void take(const ChunkWritten& written, Term term, SnapshotTraffic& traffic);
  /// The state is whole: the event for the core. Nothing when nobody waits for it any more.
  std::optional<Restore> take(const SinkFinished& finished, SnapshotTraffic& traffic);
  void failed(TransferId transfer, Term term, SnapshotTraffic& traffic);
  void tick(SnapshotTraffic& traffic);

  /// The core took the state; it counts once disk write `sequence` is durable. Without this call after a
  /// Restore: `refused`.
  void accepted(std::uint64_t sequence);
  void refused(Term term, SnapshotTraffic& traffic);
  /// Write `sequence` is durable: the transfer to install now, when it is that one's.
  std::optional<TransferId> persisted(std::uint64_t sequence, Term term, SnapshotTraffic& traffic);

  /// True from the core's acceptance until the install was ordered.
  [[nodiscard]] bool installing() const { return incoming_ && incoming_->install_after != 0; }

 private:
  struct Incoming {
    TransferId transfer = 0;
    NodeId from;
    EntryId last;
    std::uint64_t next = 0;     // the chunk expected
    std::uint64_t written = 0;  // chunks that are in the state
    bool finishing = false;
    std::uint64_t install_after = 0;  // the disk write that makes the log accept it; 0: not that far
    std::uint32_t idle_ticks = 0;
  };

  void start(NodeId from, const SnapshotChunk& chunk, SnapshotTraffic& traffic);
  void acknowledge(SnapshotAck::Verdict verdict, Term term, SnapshotTraffic& traffic) const;

  const SnapshotOptions options_;
  std::optional<Incoming> incoming_;
};

}  // namespace raft
