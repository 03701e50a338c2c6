// One service of a member, and what it hears of the member.
#pragma once

#include <chrono>

#include "libkv/server/applied_batch.h"
#include "libkv/server/note.h"
#include "libraft/core/effects.h"
#include "libraft/core/types.h"

namespace kv {

/// A desk hears what it overrides, at most one call of each kind at a time, but calls of different kinds at
/// once: they come from different threads. None may block, but for stopped().
class Desk {
 public:
  using Clock = std::chrono::steady_clock;

  Desk() = default;
  virtual ~Desk() = default;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// Once a batch, when it is published and before its writes are answered. Thread: apply.
  virtual void applied(AppliedBatch& /*batch*/) {}
  /// Another state took the place of the member's. Thread: apply.
  virtual void installed() {}
  /// A note of a kind that the desk was added with; its body is not checked. Several at once. Thread: the
  /// transport's.
  virtual void received(raft::NodeId /*from*/, const Note& /*note*/) {}
  /// Term, role, leader or commit index moved. Thread: raft.
  virtual void status_changed(const raft::CoreStatus& /*status*/) {}
  /// A tick has passed. Not before the member has started. Thread: raft.
  virtual void ticked(Clock::time_point /*now*/) {}
  /// Nothing more will be applied: whoever waits, and whoever comes later, is told that the member has
  /// stopped. May come again. Thread: any.
  virtual void closed() {}
  /// The desk's own threads end. After closed(); may come again. Thread: the owner's.
  virtual void stopped() {}
};

}  // namespace kv
