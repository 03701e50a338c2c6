#include "libkv/machine/apply_session.h"

#include "libkv/machine/outcome_codec.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/mutant.h"

namespace kv {

raft::Result<SessionTable> load_sessions(const Store& store, const SessionLimits& limits) {
  ASSIGN_OR_RETURN(const auto rows, store.rows(kSessionPrefix));
  return SessionTable::from_rows(rows, store.applied().index.value(), limits);
}

raft::Result<std::optional<Outcome>> recall(const Store& store, const SessionTable& sessions,
                                            const SessionTag& tag, raft::Index entry) {
  const auto standing = sessions.look(tag, entry.value());
  if (std::holds_alternative<SessionTable::New>(standing)) return std::optional<Outcome>();
  if (const auto* known = std::get_if<SessionTable::Known>(&standing)) {
    ASSIGN_OR_RETURN(Outcome outcome, decode_outcome(known->result));
    return std::optional(std::move(outcome));
  }
  const bool expired = std::holds_alternative<SessionTable::Expired>(standing);
  const KvError error = expired ? KvError::kSessionExpired : KvError::kResultForgotten;
  return std::optional(Outcome{.revision = store.revision(), .result = std::unexpected(error)});
}

void keep_outcome(Store& store, SessionTable& sessions, const SessionTag& tag, raft::Index entry,
                  const Outcome& outcome) {
  if (RAFT_MUTANT(kSessionNotKept)) return;
  const auto changes =
      sessions.keep(tag, entry.value(), encode_outcome(outcome, sessions.limits().result_bytes_max));
  for (const std::string& key : changes.removed) store.remove_row(key);
  for (const auto& [key, value] : changes.put) store.put_row(key, value);
}

}  // namespace kv
