// The seam upward: what a replica needs of the state machine it replicates.
#pragma once

#include <span>

#include "libraft/base/result.h"
#include "libraft/core/types.h"

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

  /// A bounded slice of work that can wait; called when there is nothing to apply. True while there is more.
  [[nodiscard]] virtual Result<bool> background_work() = 0;
};

}  // namespace raft
