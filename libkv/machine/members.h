// The members as clients see them, and their rows in the state (FORMAT.md).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/machine/machine.h"
#include "libraft/base/result.h"

namespace kv {

using Row = std::pair<std::string, std::string>;  ///< key and value

Row member_row(const MemberInfo& member);
/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<MemberInfo> decode_member(std::string_view key, std::string_view value);

/// Sorted by id. A value: copies are what readers get. Thread: none of its own.
class MemberTable {
 public:
  explicit MemberTable(std::vector<MemberInfo> members);
  static raft::Result<MemberTable> from_rows(const std::vector<Row>& rows);

  /// The member told its name and its client URLs. Gives it as it is now; null when it is not (any more) a
  /// member.
  const MemberInfo* publish(const PublishMemberOp& op);

  [[nodiscard]] const std::vector<MemberInfo>& list() const { return members_; }

 private:
  std::vector<MemberInfo> members_;
};

}  // namespace kv
