// Carries out snapshot jobs against a state machine.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "libraft/node/snapshot_jobs.h"
#include "libraft/node/state_machine.h"

namespace raft {

/// Thread: run from one; take_finished from any.
class SnapshotDesk {
 public:
  explicit SnapshotDesk(StateMachine& machine) : machine_(machine) {}

  /// Does one job; nothing when it has no answer.
  std::optional<SnapshotResult> run(SnapshotJob job);

  /// The finished state of a transfer, for StateMachine::install. Null when there is none.
  std::unique_ptr<SnapshotSink> take_finished(TransferId transfer);

 private:
  std::optional<SnapshotResult> run(const OpenSource& job);
  std::optional<SnapshotResult> run(const ReadChunk& job);
  std::optional<SnapshotResult> run(const CloseSource& job);
  std::optional<SnapshotResult> run(const OpenSink& job);
  std::optional<SnapshotResult> run(const WriteChunk& job);
  std::optional<SnapshotResult> run(const FinishSink& job);
  std::optional<SnapshotResult> run(const DropSink& job);
  SnapshotResult sink_failed(TransferId transfer, Error error);

  struct Sink {
    TransferId transfer = 0;
    std::unique_ptr<SnapshotSink> sink;  // null once it has failed
  };

  StateMachine& machine_;
  std::map<TransferId, std::unique_ptr<SnapshotSource>> sources_;
  Sink sink_;
  std::mutex mutex_;  // guards finished_
  Sink finished_;
};

}  // namespace raft
