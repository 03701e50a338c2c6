// The rows of the member table in the state (libkv/mvcc/FORMAT.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/machine/member_info.h"
#include "libraft/base/result.h"

namespace kv {

using Row = std::pair<std::string, std::string>;  ///< key and value

Row member_row(const MemberInfo& member);
/// What stays of a member that left.
Row removed_row(raft::NodeId id);

/// What a row says of the member of its key.
struct DecodedMember {
  MemberInfo member;  ///< only its id when it was removed
  bool removed = false;
};

/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<DecodedMember> decode_member(std::string_view key, std::string_view value);

}  // namespace kv
