// The rows of sessions in the state (libkv/mvcc/FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/mvcc/record.h"
#include "libkv/session/session.h"
#include "libraft/base/result.h"

namespace kv {

/// One kept result.
struct SessionRow {
  SessionId session;
  std::uint64_t sequence = 0;
  std::uint64_t used = 0;       ///< the entry that made it
  std::uint64_t forgotten = 0;  ///< the session's numbers of which nothing was kept then: up to this one
  std::string result;           ///< libkv/machine's business

  bool operator==(const SessionRow&) const = default;
};

std::string session_key(const SessionId& session, std::uint64_t sequence);
/// Key and value.
std::pair<std::string, std::string> session_row(const SessionRow& row);
/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<SessionRow> decode_session(std::string_view key, std::string_view value);

/// The row, under kSessionPrefix itself, of the newest write of any session that was dropped.
std::pair<std::string, std::string> session_horizon_row(std::uint64_t horizon);
raft::Result<std::uint64_t> decode_session_horizon(std::string_view value);

}  // namespace kv
