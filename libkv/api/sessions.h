// Writes in sessions: what clients put into a call's metadata.
//
//   kvd-session       what kvd.Sessions/Open gave
//   kvd-sequence      the write's number in the session, from 1; its retries have the same
//   kvd-acknowledged  optional, below kvd-sequence: no write up to this number will be sent again
//
// Put, DeleteRange, Txn, Compact, LeaseGrant and LeaseRevoke heed it; the same number is one write, whatever
// the request says. A retry, at any member, gets the first answer, its header's revision included.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "libkv/api/context.h"
#include "libkv/session/session.h"

namespace kv::api {

/// What kvd-session says: of which cluster, and which session of it.
std::string session_text(std::uint64_t cluster, const SessionId& session);

/// The session of a call; nothing when it names none. Refusal: InvalidArgument for what is malformed, and
/// that of an expired session for one of another cluster.
std::expected<std::optional<SessionTag>, rpc::Status> session_of(const rpc::Metadata& metadata,
                                                                 std::uint64_t cluster);

/// Proposes a client's write, in the session that the call names and on behalf of who makes it.
void write(const Context& context, const rpc::CallPtr& call, Operation operation, WriteDone done);

}  // namespace kv::api
