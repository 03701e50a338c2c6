// Which write of which client a command is: what makes a retry recognisable.
#pragma once

#include <compare>
#include <cstdint>

namespace kv {

/// Who numbers writes. Given out by a member, opaque to clients.
struct SessionId {
  /// An entry that had been applied when the session was opened, before its first write got into the log:
  /// tells a session that is new from one that was forgotten.
  std::uint64_t birth = 0;
  std::uint64_t nonce = 0;  ///< chance: sessions of one birth differ

  auto operator<=>(const SessionId&) const = default;
};

/// One write of a session. A number is used for one request and its retries, and for nothing else.
struct SessionTag {
  SessionId session;
  std::uint64_t sequence = 0;  ///< from 1
  /// The client has what it wants to know of all writes up to this one; below `sequence`.
  std::uint64_t acknowledged = 0;

  bool operator==(const SessionTag&) const = default;
};

}  // namespace kv
