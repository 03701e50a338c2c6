// Writes in sessions: carried out once, whatever is in the log how often.
#pragma once

#include <optional>

#include "libkv/machine/outcome.h"
#include "libkv/mvcc/store.h"
#include "libkv/session/session_table.h"

namespace kv {

/// The table as the rows of the store have it.
raft::Result<SessionTable> load_sessions(const Store& store, const SessionLimits& limits);

/// What became of this write before, or why that is not known; nothing for one to be carried out now.
/// `entry`: the one that holds it. Error: a kept result that is none.
raft::Result<std::optional<Outcome>> recall(const Store& store, const SessionTable& sessions,
                                            const SessionTag& tag, raft::Index entry);

/// Keeps what became of it now, in the batch under way.
void keep_outcome(Store& store, SessionTable& sessions, const SessionTag& tag, raft::Index entry,
                  const Outcome& outcome);

}  // namespace kv
