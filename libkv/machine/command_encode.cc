#include "libkv/machine/command.h"
#include "libkv/machine/command_codec.h"
#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace kv {

bool TxnOp::operator==(const TxnOp&) const = default;
bool Op::operator==(const Op&) const = default;

namespace {

using codec::Kind;
using codec::OpKind;
using raft::ByteWriter;

std::uint8_t flag(bool on, std::uint8_t bit) {
  return on ? bit : std::uint8_t{0};
}

/// One overload for each part of a command; FORMAT.md lists the same fields in the same order.
class Encoder {
 public:
  explicit Encoder(std::string& out) : writer_(out) {}

  void principal(const Principal& principal, Kind kind) {
    writer_.bytes(principal.user);
    writer_.varint(principal.revision);
    writer_.u8(static_cast<std::uint8_t>(kind));
  }

  void header(Kind kind, raft::NodeId origin, std::uint64_t sequence) {
    writer_.u8(codec::kVersion);
    writer_.u8(static_cast<std::uint8_t>(kind));
    writer_.u64(origin.value());
    writer_.u64(sequence);
  }

  void session(const SessionTag& tag, Kind kind) {
    writer_.u64(tag.session.birth);
    writer_.u64(tag.session.nonce);
    writer_.varint(tag.sequence);
    writer_.varint(tag.acknowledged);
    writer_.u8(static_cast<std::uint8_t>(kind));
  }

  void write(const RangeOp& op) {
    writer_.bytes(op.key);
    writer_.bytes(op.range_end);
    number(op.limit);
    number(op.revision);
    writer_.u8(static_cast<std::uint8_t>(op.sort_order));
    writer_.u8(static_cast<std::uint8_t>(op.sort_target));
    writer_.u8(flag(op.keys_only, codec::kKeysOnly) | flag(op.count_only, codec::kCountOnly));
    number(op.min_mod_revision);
    number(op.max_mod_revision);
    number(op.min_create_revision);
    number(op.max_create_revision);
  }

  void write(const PutOp& op) {
    writer_.u8(flag(op.prev_kv, codec::kPrevKv) | flag(op.ignore_value, codec::kIgnoreValue) |
               flag(op.ignore_lease, codec::kIgnoreLease));
    number(op.lease);
    writer_.bytes(op.key);
    writer_.bytes(op.value);
  }

  void write(const DeleteRangeOp& op) {
    writer_.u8(flag(op.prev_kv, codec::kPrevKv));
    writer_.bytes(op.key);
    writer_.bytes(op.range_end);
  }

  void write(const TxnOp& op) {
    writer_.varint(op.compares.size());
    for (const Compare& compare : op.compares) write(compare);
    branch(op.success);
    branch(op.failure);
  }

  void write(const CompactOp& op) { number(op.revision); }

  void write(const PublishMemberOp& op) {
    writer_.u64(op.member.value());
    writer_.bytes(op.name);
    list(op.client_urls);
  }

  void write(const AddMemberOp& op) {
    const MemberInfo& member = op.member;
    writer_.u8(flag(member.learner, codec::kLearner) |
               flag(member.promote_when_caught_up, codec::kPromoteWhenCaughtUp) |
               flag(member.replaces.has_value(), codec::kReplaces));
    writer_.u64(member.id.value());
    if (member.replaces) writer_.u64(member.replaces->value());
    writer_.u32(op.learners_max);
    writer_.bytes(member.name);
    list(member.peer_urls);
    list(member.client_urls);
  }

  void write(const RemoveMemberOp& op) { writer_.u64(op.member.value()); }

  void write(const UpdateMemberOp& op) {
    writer_.u64(op.member.value());
    list(op.peer_urls);
  }

  void write(const PromoteMemberOp& op) { writer_.u64(op.member.value()); }

  void write(const LeaseGrantOp& op) {
    number(op.lease);
    number(op.ttl);
  }

  void write(const LeaseRevokeOp& op) { number(op.lease); }

  void write(const LeaseExpireOp& op) {
    number(op.lease);
    writer_.u64(op.term.value());
  }

  void write(const LeaseCheckpointOp& op) {
    writer_.u64(op.term.value());
    writer_.varint(op.leases.size());
    for (const LeaseRemaining& one : op.leases) {
      number(one.lease);
      number(one.seconds);
    }
  }

  void write(const AlarmOp& op) {
    writer_.u8(flag(op.deactivate, codec::kDeactivate) | flag(op.alarm.automatic, codec::kAutomatic));
    writer_.u64(op.alarm.member.value());
    writer_.u8(static_cast<std::uint8_t>(op.alarm.type));
  }

  void write(const RaiseVersionOp& op) {
    writer_.u32(op.version);
    writer_.varint(op.members.size());
    for (const raft::NodeId member : op.members) writer_.u64(member.value());
  }

  void write(const AuthEnableOp&) {}
  void write(const AuthDisableOp&) {}

  void write(const UserAddOp& op) {
    writer_.u8(flag(op.no_password, codec::kNoPassword));
    writer_.bytes(op.name);
    writer_.bytes(op.password_hash);
  }

  void write(const UserDeleteOp& op) { writer_.bytes(op.name); }

  void write(const UserChangePasswordOp& op) {
    writer_.bytes(op.name);
    writer_.bytes(op.password_hash);
  }

  void write(const UserGrantRoleOp& op) {
    writer_.bytes(op.user);
    writer_.bytes(op.role);
  }

  void write(const UserRevokeRoleOp& op) {
    writer_.bytes(op.user);
    writer_.bytes(op.role);
  }

  void write(const RoleAddOp& op) { writer_.bytes(op.name); }
  void write(const RoleDeleteOp& op) { writer_.bytes(op.name); }

  void write(const RoleGrantPermissionOp& op) {
    writer_.bytes(op.role);
    writer_.u8(static_cast<std::uint8_t>(op.permission.type));
    writer_.bytes(op.permission.key);
    writer_.bytes(op.permission.range_end);
  }

  void write(const RoleRevokePermissionOp& op) {
    writer_.bytes(op.role);
    writer_.bytes(op.key);
    writer_.bytes(op.range_end);
  }

  void write(const AuthenticateOp& op) {
    writer_.bytes(op.user);
    for (const std::uint8_t byte : op.token_digest) writer_.u8(byte);
    writer_.varint(op.revision);
  }

 private:
  void list(const std::vector<std::string>& items) {
    writer_.varint(items.size());
    for (const std::string& item : items) writer_.bytes(item);
  }

  void number(std::int64_t value) { writer_.varint(codec::zigzag(value)); }

  void write(const Compare& compare) {
    writer_.u8(static_cast<std::uint8_t>(compare.result));
    writer_.u8(static_cast<std::uint8_t>(compare.target));
    writer_.bytes(compare.key);
    writer_.bytes(compare.range_end);
    number(compare.number);
    writer_.bytes(compare.value);
  }

  void branch(const std::vector<Op>& ops) {
    writer_.varint(ops.size());
    for (const Op& op : ops) {
      writer_.u8(static_cast<std::uint8_t>(kind_of(op)));
      std::visit([this](const auto& step) { write(step); }, op.value);
    }
  }

  static OpKind kind_of(const Op& op) {
    struct Namer {
      OpKind operator()(const RangeOp&) const { return OpKind::kRange; }
      OpKind operator()(const PutOp&) const { return OpKind::kPut; }
      OpKind operator()(const DeleteRangeOp&) const { return OpKind::kDeleteRange; }
      OpKind operator()(const TxnOp&) const { return OpKind::kTxn; }
    };
    return std::visit(Namer{}, op.value);
  }

  ByteWriter writer_;
};

struct KindNamer {
  Kind operator()(const PutOp&) const { return Kind::kPut; }
  Kind operator()(const DeleteRangeOp&) const { return Kind::kDeleteRange; }
  Kind operator()(const TxnOp&) const { return Kind::kTxn; }
  Kind operator()(const CompactOp&) const { return Kind::kCompact; }
  Kind operator()(const PublishMemberOp&) const { return Kind::kPublishMember; }
  Kind operator()(const AddMemberOp&) const { return Kind::kAddMember; }
  Kind operator()(const RemoveMemberOp&) const { return Kind::kRemoveMember; }
  Kind operator()(const UpdateMemberOp&) const { return Kind::kUpdateMember; }
  Kind operator()(const PromoteMemberOp&) const { return Kind::kPromoteMember; }
  Kind operator()(const LeaseGrantOp&) const { return Kind::kLeaseGrant; }
  Kind operator()(const LeaseRevokeOp&) const { return Kind::kLeaseRevoke; }
  Kind operator()(const LeaseExpireOp&) const { return Kind::kLeaseExpire; }
  Kind operator()(const LeaseCheckpointOp&) const { return Kind::kLeaseCheckpoint; }
  Kind operator()(const AlarmOp&) const { return Kind::kAlarm; }
  Kind operator()(const RaiseVersionOp&) const { return Kind::kRaiseVersion; }
  Kind operator()(const AuthEnableOp&) const { return Kind::kAuthEnable; }
  Kind operator()(const AuthDisableOp&) const { return Kind::kAuthDisable; }
  Kind operator()(const UserAddOp&) const { return Kind::kUserAdd; }
  Kind operator()(const UserDeleteOp&) const { return Kind::kUserDelete; }
  Kind operator()(const UserChangePasswordOp&) const { return Kind::kUserChangePassword; }
  Kind operator()(const UserGrantRoleOp&) const { return Kind::kUserGrantRole; }
  Kind operator()(const UserRevokeRoleOp&) const { return Kind::kUserRevokeRole; }
  Kind operator()(const RoleAddOp&) const { return Kind::kRoleAdd; }
  Kind operator()(const RoleDeleteOp&) const { return Kind::kRoleDelete; }
  Kind operator()(const RoleGrantPermissionOp&) const { return Kind::kRoleGrantPermission; }
  Kind operator()(const RoleRevokePermissionOp&) const { return Kind::kRoleRevokePermission; }
  Kind operator()(const AuthenticateOp&) const { return Kind::kAuthenticate; }
};

/// What to reserve, so that the common command is encoded with one allocation.
std::size_t size_hint(const Operation& operation) {
  constexpr std::size_t kFixed = 64;
  if (const auto* put = std::get_if<PutOp>(&operation)) return kFixed + put->key.size() + put->value.size();
  return kFixed;
}

}  // namespace

bool is_repeatable(const Operation& operation) {
  return std::holds_alternative<PutOp>(operation) || std::holds_alternative<DeleteRangeOp>(operation) ||
         std::holds_alternative<TxnOp>(operation) || std::holds_alternative<CompactOp>(operation) ||
         std::holds_alternative<LeaseGrantOp>(operation) || std::holds_alternative<LeaseRevokeOp>(operation);
}

std::string encode_command(raft::NodeId origin, std::uint64_t sequence, const Operation& operation,
                           const std::optional<SessionTag>& session,
                           const std::optional<Principal>& principal) {
  std::string out;
  out.reserve(size_hint(operation));
  Encoder encoder(out);
  const Kind kind = std::visit(KindNamer{}, operation);
  const Kind inner = session ? Kind::kInSession : kind;
  encoder.header(principal ? Kind::kAsUser : inner, origin, sequence);
  if (principal) encoder.principal(*principal, inner);
  if (session) {
    RAFT_CHECK(is_repeatable(operation));
    encoder.session(*session, kind);
  }
  std::visit([&encoder](const auto& op) { encoder.write(op); }, operation);
  return out;
}

}  // namespace kv
