// Reading a snapshot to its end, and what it says of itself.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/auth/auth_rows.h"
#include "libkv/machine/member_info.h"
#include "libkv/mvcc/record.h"
#include "libkv/snapshot/format.h"
#include "libraft/base/result.h"
#include "tools/common/outcome.h"
#include "tools/kvsnap/input.h"

namespace tools::kvsnap {

/// What a whole snapshot says.
struct Survey {
  kv::SnapshotHeader header;
  kv::SnapshotTotals totals;
  kv::Mark mark;
  std::vector<kv::MemberInfo> members;
  kv::AuthState auth;
  std::uint64_t users = 0;
  std::uint64_t roles = 0;
  std::uint64_t bytes = 0;
};

struct RowVisitor {
  std::function<raft::Result<void>(const kv::SnapshotHeader&)> header;
  std::function<raft::Result<void>(std::string_view key, std::string_view value)> row;
};

/// Reads everything and verifies all checksums; `visit` sees the rows as they come, before the end is known
/// to be whole. Says how far it is when standard error is a terminal.
Outcome<Survey> survey(Input& input, const RowVisitor& visit = {});

}  // namespace tools::kvsnap
