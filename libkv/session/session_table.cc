#include "libkv/session/session_table.h"

#include <algorithm>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// What a result takes beside its bytes: its row's key and head, its places in the maps.
constexpr std::size_t kResultOverheadBytes = 128;

}  // namespace

raft::Result<SessionTable> SessionTable::from_rows(const std::vector<Row>& rows, std::uint64_t applied,
                                                   const SessionLimits& limits) {
  SessionTable table(limits);
  for (const auto& [key, value] : rows) {
    if (key == kSessionPrefix) {
      ASSIGN_OR_RETURN(table.horizon_, decode_session_horizon(value));
    } else {
      ASSIGN_OR_RETURN(const SessionRow row, decode_session(key, value));
      table.load(row);
    }
  }
  for (const auto& [id, session] : table.sessions_) {
    const bool alone = table.by_use_.emplace(session.used, id).second;
    if (!alone || session.used > applied) {
      return raft::fail(
          raft::ErrorCode::kCorruption, "s/",
          "entry " + std::to_string(session.used) + (alone ? " was not applied" : " is of two sessions"));
    }
  }
  return table;
}

void SessionTable::load(const SessionRow& row) {
  Session& session = sessions_[row.session];
  session.used = std::max(session.used, row.used);
  session.forgotten = std::max(session.forgotten, row.forgotten);
  set_result(session, row.sequence, row.result);
}

void SessionTable::set_result(Session& session, std::uint64_t sequence, std::string result) {
  bytes_ += result.size() + kResultOverheadBytes;
  session.results.emplace(sequence, std::move(result));
}

SessionTable::Standing SessionTable::look(const SessionTag& tag, std::uint64_t index) const {
  const auto session = sessions_.find(tag.session);
  if (session == sessions_.end()) {
    // A session that is gone was born before its newest write, and so before the horizon. One that is born
    // behind this entry is of another cluster's life.
    const bool gone = tag.session.birth < horizon_ && !RAFT_MUTANT(kSessionHorizonIgnored);
    if (gone || tag.session.birth >= index) return Expired{};
    return New{};
  }
  const auto result = session->second.results.find(tag.sequence);
  if (result != session->second.results.end()) return Known{result->second};
  if (tag.sequence <= session->second.forgotten) return Forgotten{};
  return New{};
}

SessionTable::Changes SessionTable::keep(const SessionTag& tag, std::uint64_t index, std::string result) {
  Changes changes;
  Session& session = sessions_[tag.session];
  RAFT_CHECK(index > session.used);
  RAFT_CHECK(tag.acknowledged < tag.sequence);
  if (session.used != 0) by_use_.erase(session.used);
  session.used = index;
  by_use_.emplace(index, tag.session);
  const std::uint64_t outside = tag.sequence - std::min(tag.sequence, limits_.sequences_max);
  forget(tag.session, session, std::max(tag.acknowledged, outside), changes);
  SessionRow row{.session = tag.session,
                 .sequence = tag.sequence,
                 .used = index,
                 .forgotten = session.forgotten,
                 .result = std::move(result)};
  changes.put.push_back(session_row(row));
  set_result(session, tag.sequence, std::move(row.result));
  shrink(changes);
  return changes;
}

/// Every row says what was forgotten when it was written, and the newest row of a session stays as long as
/// the session: nothing more has to be written.
void SessionTable::forget(const SessionId& id, Session& session, std::uint64_t up_to, Changes& changes) {
  session.forgotten = std::max(session.forgotten, up_to);
  while (!session.results.empty() && session.results.begin()->first <= session.forgotten) {
    const auto oldest = session.results.begin();
    bytes_ -= oldest->second.size() + kResultOverheadBytes;
    changes.removed.push_back(session_key(id, oldest->first));
    session.results.erase(oldest);
  }
}

void SessionTable::shrink(Changes& changes) {
  const std::uint64_t before = horizon_;
  while (by_use_.size() > 1 && (sessions_.size() > limits_.sessions_max || bytes_ > limits_.bytes_max)) {
    const auto [used, id] = *by_use_.begin();
    const auto session = sessions_.find(id);
    forget(id, session->second, session->second.results.rbegin()->first, changes);
    sessions_.erase(session);
    by_use_.erase(by_use_.begin());
    horizon_ = used;
  }
  if (horizon_ != before) changes.put.push_back(session_horizon_row(horizon_));
}

}  // namespace kv
