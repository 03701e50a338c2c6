// Looking into the log of a stopped member without changing it.
#pragma once

#include <string>

#include "libraft/base/result.h"
#include "libraft/log/recover.h"

namespace raft {

struct Inspected {
  Recovered log;
  std::uint64_t torn_bytes = 0;  ///< of a write that was cut off; the next start cuts it
};

/// Verifies the whole log at `path` (a member's wal directory); `visit`, when given, sees every entry in
/// order. kNotFound: no such log. kUnavailable: its member is running. kCorruption: the first damage, with
/// its place.
Result<Inspected> inspect_log(const std::string& path, const EntryVisitor& visit = {});

}  // namespace raft
