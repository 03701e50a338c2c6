// The table of members: who they are, who is to vote, who may never come back.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/machine/member_info.h"
#include "libkv/machine/member_rows.h"
#include "libkv/mvcc/range.h"
#include "libraft/base/result.h"
#include "libraft/core/membership.h"

namespace kv {

/// Changed by commands, with etcd's checks in etcd's order (contract section 7.4): the same on every member.
/// A refusal has changed nothing. A value: copies are what readers get. Thread: none of its own.
class MemberTable {
 public:
  explicit MemberTable(std::vector<MemberInfo> members, std::vector<raft::NodeId> removed = {});
  static raft::Result<MemberTable> from_rows(const std::vector<Row>& rows);

  /// The member told its name and its client URLs; nothing when it is not (any more) a member.
  void publish(const PublishMemberOp& op);
  /// These give the member as it is afterwards, or as it was before it left.
  std::expected<MemberInfo, KvError> add(const AddMemberOp& op);
  std::expected<MemberInfo, KvError> remove(const RemoveMemberOp& op);
  std::expected<MemberInfo, KvError> update(const UpdateMemberOp& op);
  std::expected<MemberInfo, KvError> promote(const PromoteMemberOp& op);
  /// A configuration was applied: learners that wait for it are voters now, voters whose successors vote
  /// leave.
  void configured(const raft::Membership& membership);

  /// The rows that the calls above changed since the last time.
  [[nodiscard]] std::vector<Row> take_changed_rows();

  /// Sorted by id.
  [[nodiscard]] const std::vector<MemberInfo>& list() const { return members_; }
  [[nodiscard]] const MemberInfo* find(raft::NodeId id) const;
  /// Those that left. Sorted.
  [[nodiscard]] const std::set<raft::NodeId>& removed() const { return removed_; }
  /// Where the leader is to steer the membership.
  [[nodiscard]] raft::MembershipTarget target() const;

 private:
  MemberInfo* known(raft::NodeId id);
  [[nodiscard]] const MemberInfo* successor_of(raft::NodeId id) const;
  [[nodiscard]] bool url_taken(const MemberInfo& member) const;
  [[nodiscard]] bool leaves_a_voter(raft::NodeId leaving) const;
  [[nodiscard]] std::size_t learners() const;
  std::expected<void, KvError> may_add(const AddMemberOp& op) const;
  void succeed(MemberInfo& incoming);
  void drop(raft::NodeId id);

  std::vector<MemberInfo> members_;
  std::set<raft::NodeId> removed_;
  std::set<raft::NodeId> changed_;
};

}  // namespace kv
