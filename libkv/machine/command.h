// What a log entry says: the replicated commands and their one encoding (FORMAT.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libkv/auth/principal.h"
#include "libkv/machine/alarm.h"
#include "libkv/machine/auth_command.h"
#include "libkv/machine/member_info.h"
#include "libkv/mvcc/range.h"
#include "libkv/session/session.h"
#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace kv {

/// How deep a Txn may nest inside Txns and how many compares, steps and URLs one command may hold. Both are
/// far above what the API lets in; they bound what a reader of the log may be asked for.
inline constexpr std::size_t kTxnDepthMax = 256;
inline constexpr std::size_t kCommandElementsMax = 1U << 20U;

struct PutOp {
  std::string key;
  std::string value;
  std::int64_t lease = 0;
  bool prev_kv = false;
  bool ignore_value = false;
  bool ignore_lease = false;

  bool operator==(const PutOp&) const = default;
};

/// `range_end` as in RangeOp.
struct DeleteRangeOp {
  std::string key;
  std::string range_end;
  bool prev_kv = false;

  bool operator==(const DeleteRangeOp&) const = default;
};

/// One condition of a Txn (contract section 2.5). Values are etcd's; unknown ones are kept as they came.
struct Compare {
  enum class Result : std::uint8_t { kEqual = 0, kGreater = 1, kLess = 2, kNotEqual = 3 };
  enum class Target : std::uint8_t { kVersion = 0, kCreate = 1, kMod = 2, kValue = 3, kLease = 4 };

  Result result = Result::kEqual;
  Target target = Target::kVersion;
  std::string key;
  std::string range_end;
  std::int64_t number = 0;  ///< compared for every target but kValue
  std::string value;        ///< compared for kValue

  bool operator==(const Compare&) const = default;
};

struct Op;

struct TxnOp {
  std::vector<Compare> compares;
  std::vector<Op> success;
  std::vector<Op> failure;

  bool operator==(const TxnOp&) const;
};

/// One step of a Txn's branch.
struct Op {
  std::variant<RangeOp, PutOp, DeleteRangeOp, TxnOp> value;

  bool operator==(const Op&) const;
};

struct CompactOp {
  std::int64_t revision = 0;

  bool operator==(const CompactOp&) const = default;
};

/// A member tells its name and where its clients reach it (contract section 7.4).
struct PublishMemberOp {
  raft::NodeId member;
  std::string name;
  std::vector<std::string> client_urls;

  bool operator==(const PublishMemberOp&) const = default;
};

/// A new member; its id and the time in it come from the member that proposes (contract section 7.5).
struct AddMemberOp {
  MemberInfo member;
  /// More learners that stay learners than this are refused; travels along so that every member agrees.
  std::uint32_t learners_max = 1;

  bool operator==(const AddMemberOp&) const = default;
};

/// The member leaves, and its id never comes back.
struct RemoveMemberOp {
  raft::NodeId member;

  bool operator==(const RemoveMemberOp&) const = default;
};

/// The member is reached by its peers at these URLs from now on.
struct UpdateMemberOp {
  raft::NodeId member;
  std::vector<std::string> peer_urls;

  bool operator==(const UpdateMemberOp&) const = default;
};

/// The learner is to vote.
struct PromoteMemberOp {
  raft::NodeId member;

  bool operator==(const PromoteMemberOp&) const = default;
};

/// A new lease; its id comes from the member that proposes, and so does its length, in bounds (contract
/// section 4).
struct LeaseGrantOp {
  std::int64_t lease = 0;
  std::int64_t ttl = 0;  ///< seconds

  bool operator==(const LeaseGrantOp&) const = default;
};

/// The lease ends, and all that hangs on it is deleted in one revision.
struct LeaseRevokeOp {
  std::int64_t lease = 0;

  bool operator==(const LeaseRevokeOp&) const = default;
};

/// The same because its time is over, as the leader of `term` says: nothing in an entry of another term,
/// whose leader may have heard of the lease since.
struct LeaseExpireOp {
  std::int64_t lease = 0;
  raft::Term term;

  bool operator==(const LeaseExpireOp&) const = default;
};

/// What is left of a lease; 0: all of it, because it was kept alive.
struct LeaseRemaining {
  std::int64_t lease = 0;
  std::int64_t seconds = 0;

  bool operator==(const LeaseRemaining&) const = default;
};

/// What is left of some leases, as the leader of `term` says, so that the one after it need not begin them
/// anew. Nothing in an entry of another term.
struct LeaseCheckpointOp {
  raft::Term term;
  std::vector<LeaseRemaining> leases;

  bool operator==(const LeaseCheckpointOp&) const = default;
};

/// Raises an alarm, or takes it back. Unknown types of alarms are not proposed.
struct AlarmOp {
  bool deactivate = false;
  Alarm alarm;  ///< deactivating with automatic: only if it was raised so

  bool operator==(const AlarmOp&) const = default;
};

/// Commands up to `version` may be proposed from now on (libkv/machine/command_version.h): `members` have
/// said that they know them. Nothing when there is a member that is not one of these.
struct RaiseVersionOp {
  std::uint32_t version = 0;
  std::vector<raft::NodeId> members;

  bool operator==(const RaiseVersionOp&) const = default;
};

using Operation =
    std::variant<PutOp, DeleteRangeOp, TxnOp, CompactOp, PublishMemberOp, AddMemberOp, RemoveMemberOp,
                 UpdateMemberOp, PromoteMemberOp, LeaseGrantOp, LeaseRevokeOp, LeaseExpireOp,
                 LeaseCheckpointOp, AlarmOp, RaiseVersionOp, AuthEnableOp, AuthDisableOp, UserAddOp,
                 UserDeleteOp, UserChangePasswordOp, UserGrantRoleOp, UserRevokeRoleOp, RoleAddOp,
                 RoleDeleteOp, RoleGrantPermissionOp, RoleRevokePermissionOp, AuthenticateOp>;

/// An operation with the member that waits for its outcome and that member's number for it.
struct Command {
  raft::NodeId origin;
  std::uint64_t sequence = 0;
  Operation operation;
  /// Set: applied at most once, and its outcome is kept for retries.
  std::optional<SessionTag> session;
  /// Who asks; nobody for what members do among themselves, and while authentication is off.
  std::optional<Principal> principal;

  bool operator==(const Command&) const = default;
};

/// The payload of an EntryType::kCommand entry. Takes the operation by reference: it is only copied into the
/// bytes.
std::string encode_command(raft::NodeId origin, std::uint64_t sequence, const Operation& operation,
                           const std::optional<SessionTag>& session = std::nullopt,
                           const std::optional<Principal>& principal = std::nullopt);

/// Whether an operation may be in a session: what clients write, but for changes of members, users and roles.
bool is_repeatable(const Operation& operation);

/// Bounds-checked. An unknown version or kind is ErrorCode::kMismatch; truncated or trailing bytes are
/// kCorruption; more than kTxnDepthMax or kCommandElementsMax is kLimit.
raft::Result<Command> decode_command(std::string_view payload);

/// Who waits for a command.
struct CommandHeader {
  raft::NodeId origin;
  std::uint64_t sequence = 0;
};

/// The header alone: readable even when a newer version wrote a kind that decode_command refuses.
std::optional<CommandHeader> peek_header(std::string_view payload);

/// One line for logs and kvwal: the command's name and its keys, with unprintable bytes escaped; no values,
/// and never the hash of a password or the digest of a token.
std::string describe(const Operation& operation);

}  // namespace kv
