// The seam upward: what a replica needs of the state machine it replicates.
#pragma once

#include <memory>
#include <span>

#include "libraft/base/result.h"
#include "libraft/core/types.h"
#include "libraft/node/snapshot.h"

namespace raft {

/// Deterministic: the same entries in the same order give the same state on every member.
/// Thread: one at a time; in production the apply thread.
class StateMachine {
 public:
  virtual ~StateMachine() = default;

  /// The last entry whose effect is in the state, also after a restart.
  [[nodiscard]] virtual EntryId applied() const = 0;

  /// Applies contiguous entries from applied().index + 1, in one atomic step. An error is final.
  [[nodiscard]] virtual Result<void> apply(std::span<const Entry> entries) = 0;

  /// The newest configuration that was applied, kept with the state.
  [[nodiscard]] virtual Configuration configuration() const = 0;

  /// Makes everything applied durable: needed before the log in front of it may be dropped.
  [[nodiscard]] virtual Result<void> sync() = 0;

  /// Begins to read the state as it is now. Thread: any.
  [[nodiscard]] virtual Result<std::unique_ptr<SnapshotSource>> open_snapshot() = 0;

  /// Begins to build a state that ends at `last` beside the one in use. One at a time. Thread: any.
  [[nodiscard]] virtual Result<std::unique_ptr<SnapshotSink>> receive_snapshot(Index last) = 0;

  /// Goes over to a finished state, which the log has accepted as its base: a crash from there on finds the
  /// new state at the next start, whether or not this call ran. An error is final.
  [[nodiscard]] virtual Result<void> install(std::unique_ptr<SnapshotSink> received) = 0;

  /// A bounded slice of work that can wait; called when there is nothing to apply. True while there is more.
  [[nodiscard]] virtual Result<bool> background_work() = 0;
};

}  // namespace raft
