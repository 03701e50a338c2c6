#include <algorithm>

#include "libkv/machine/command.h"
#include "libkv/machine/command_codec.h"
#include "libraft/base/bytes.h"

namespace kv {
namespace {

using codec::Kind;
using codec::OpKind;
using raft::ByteReader;
using raft::ErrorCode;

constexpr std::string_view kPlace = "command";

/// Lists are grown as their elements arrive; only this many are trusted for the first allocation.
constexpr std::uint64_t kReserveMax = 128;

/// What stopped the decoding, told apart because a newer member may write what this one cannot read.
enum class Fault : std::uint8_t { kNone, kMalformed, kUnknownKind, kTooDeep, kTooMany };

/// Reads what Encoder wrote. A fault latches; every loop stops at it, so hostile counts cost nothing.
class Decoder {
 public:
  explicit Decoder(std::string_view input) : reader_(input) {}

  [[nodiscard]] Fault finish() const {
    if (fault_ != Fault::kNone) return fault_;
    return reader_.done() ? Fault::kNone : Fault::kMalformed;
  }

  void read(RangeOp& op) {
    text(op.key);
    text(op.range_end);
    op.limit = number();
    op.revision = number();
    op.sort_order = static_cast<SortOrder>(reader_.u8());
    op.sort_target = static_cast<SortTarget>(reader_.u8());
    const std::uint8_t flags = known_flags(codec::kKeysOnly | codec::kCountOnly);
    op.keys_only = (flags & codec::kKeysOnly) != 0;
    op.count_only = (flags & codec::kCountOnly) != 0;
    op.min_mod_revision = number();
    op.max_mod_revision = number();
    op.min_create_revision = number();
    op.max_create_revision = number();
  }

  void read(PutOp& op) {
    const std::uint8_t flags = known_flags(codec::kPrevKv | codec::kIgnoreValue | codec::kIgnoreLease);
    op.prev_kv = (flags & codec::kPrevKv) != 0;
    op.ignore_value = (flags & codec::kIgnoreValue) != 0;
    op.ignore_lease = (flags & codec::kIgnoreLease) != 0;
    op.lease = number();
    text(op.key);
    text(op.value);
  }

  void read(DeleteRangeOp& op) {
    op.prev_kv = known_flags(codec::kPrevKv) != 0;
    text(op.key);
    text(op.range_end);
  }

  void read(TxnOp& op) {
    if (++depth_ > kTxnDepthMax) return fail(Fault::kTooDeep);
    list(op.compares);
    list(op.success);
    list(op.failure);
    --depth_;
  }

  void read(CompactOp& op) { op.revision = number(); }

  void read(PublishMemberOp& op) {
    op.member = raft::NodeId(reader_.u64());
    text(op.name);
    list(op.client_urls);
  }

  void read(AddMemberOp& op) {
    MemberInfo& member = op.member;
    const std::uint8_t flags = known_flags(codec::kLearner | codec::kPromoteWhenCaughtUp | codec::kReplaces);
    member.learner = (flags & codec::kLearner) != 0;
    member.promote_when_caught_up = (flags & codec::kPromoteWhenCaughtUp) != 0;
    member.id = raft::NodeId(reader_.u64());
    if ((flags & codec::kReplaces) != 0) member.replaces = raft::NodeId(reader_.u64());
    op.learners_max = reader_.u32();
    text(member.name);
    list(member.peer_urls);
    list(member.client_urls);
  }

  void read(RemoveMemberOp& op) { op.member = raft::NodeId(reader_.u64()); }

  void read(UpdateMemberOp& op) {
    op.member = raft::NodeId(reader_.u64());
    list(op.peer_urls);
  }

  void read(PromoteMemberOp& op) { op.member = raft::NodeId(reader_.u64()); }

  void read(LeaseGrantOp& op) {
    op.lease = number();
    op.ttl = number();
  }

  void read(LeaseRevokeOp& op) { op.lease = number(); }

  void read(LeaseExpireOp& op) {
    op.lease = number();
    op.term = raft::Term(reader_.u64());
  }

  void read(LeaseCheckpointOp& op) {
    op.term = raft::Term(reader_.u64());
    list(op.leases);
  }

  void read(AlarmOp& op) {
    const std::uint8_t flags = known_flags(codec::kDeactivate | codec::kAutomatic);
    op.deactivate = (flags & codec::kDeactivate) != 0;
    op.alarm.automatic = (flags & codec::kAutomatic) != 0;
    op.alarm.member = raft::NodeId(reader_.u64());
    const std::uint8_t type = reader_.u8();
    op.alarm.type = static_cast<AlarmType>(type);
    const bool known = op.alarm.type == AlarmType::kNoSpace || op.alarm.type == AlarmType::kCorrupt;
    if (reader_.ok() && !known) fail(Fault::kUnknownKind);
  }

  void read(RaiseVersionOp& op) {
    op.version = reader_.u32();
    list(op.members);
  }

  void read(AuthEnableOp&) {}
  void read(AuthDisableOp&) {}

  void read(UserAddOp& op) {
    op.no_password = known_flags(codec::kNoPassword) != 0;
    text(op.name);
    text(op.password_hash);
  }

  void read(UserDeleteOp& op) { text(op.name); }

  void read(UserChangePasswordOp& op) {
    text(op.name);
    text(op.password_hash);
  }

  void read(UserGrantRoleOp& op) {
    text(op.user);
    text(op.role);
  }

  void read(UserRevokeRoleOp& op) {
    text(op.user);
    text(op.role);
  }

  void read(RoleAddOp& op) { text(op.name); }
  void read(RoleDeleteOp& op) { text(op.name); }

  void read(RoleGrantPermissionOp& op) {
    text(op.role);
    const std::uint8_t type = reader_.u8();
    if (type > static_cast<std::uint8_t>(PermissionType::kReadWrite)) fail(Fault::kUnknownKind);
    op.permission.type = static_cast<PermissionType>(type);
    text(op.permission.key);
    text(op.permission.range_end);
  }

  void read(RoleRevokePermissionOp& op) {
    text(op.role);
    text(op.key);
    text(op.range_end);
  }

  void read(AuthenticateOp& op) {
    text(op.user);
    for (std::uint8_t& byte : op.token_digest) byte = reader_.u8();
    op.revision = reader_.varint();
  }

 private:
  void read(Compare& compare) {
    compare.result = static_cast<Compare::Result>(reader_.u8());
    compare.target = static_cast<Compare::Target>(reader_.u8());
    text(compare.key);
    text(compare.range_end);
    compare.number = number();
    text(compare.value);
  }

  void read(Op& op) {
    switch (static_cast<OpKind>(reader_.u8())) {
      case OpKind::kRange:
        return read(op.value.emplace<RangeOp>());
      case OpKind::kPut:
        return read(op.value.emplace<PutOp>());
      case OpKind::kDeleteRange:
        return read(op.value.emplace<DeleteRangeOp>());
      case OpKind::kTxn:
        return read(op.value.emplace<TxnOp>());
    }
    fail(reader_.ok() ? Fault::kUnknownKind : Fault::kMalformed);
  }

  void read(std::string& value) { text(value); }
  void read(raft::NodeId& value) { value = raft::NodeId(reader_.u64()); }

  void read(LeaseRemaining& one) {
    one.lease = number();
    one.seconds = number();
  }

  template <class T>
  void list(std::vector<T>& items) {
    const std::uint64_t count = reader_.varint();
    items.reserve(static_cast<std::size_t>(std::min(count, kReserveMax)));
    for (std::uint64_t i = 0; i < count && good(); ++i) {
      if (++elements_ > kCommandElementsMax) return fail(Fault::kTooMany);
      read(items.emplace_back());
    }
  }

  std::uint8_t known_flags(std::uint8_t known) {
    const std::uint8_t flags = reader_.u8();
    if ((flags & ~known) != 0) fail(Fault::kUnknownKind);
    return flags;
  }

  std::int64_t number() { return codec::unzigzag(reader_.varint()); }
  void text(std::string& value) { value = reader_.bytes(); }
  [[nodiscard]] bool good() const { return fault_ == Fault::kNone && reader_.ok(); }
  void fail(Fault fault) {
    if (fault_ == Fault::kNone) fault_ = fault;
  }

  ByteReader reader_;
  Fault fault_ = Fault::kNone;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
};

std::unexpected<raft::Error> explain(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      break;
    case Fault::kUnknownKind:
      return raft::fail(ErrorCode::kMismatch, std::string(kPlace),
                        "a part of a kind this version does not know");
    case Fault::kTooDeep:
      return raft::fail(ErrorCode::kLimit, std::string(kPlace),
                        "nested deeper than kTxnDepthMax = " + std::to_string(kTxnDepthMax));
    case Fault::kTooMany:
      return raft::fail(ErrorCode::kLimit, std::string(kPlace),
                        "more parts than kCommandElementsMax = " + std::to_string(kCommandElementsMax));
    case Fault::kMalformed:
      break;
  }
  return raft::fail(ErrorCode::kCorruption, std::string(kPlace), "truncated, or trailing bytes");
}

template <class T>
raft::Result<Operation> decode_body(std::string_view body) {
  Decoder decoder(body);
  Operation operation;
  decoder.read(operation.emplace<T>());
  if (const Fault fault = decoder.finish(); fault != Fault::kNone) return explain(fault);
  return operation;
}

raft::Result<Operation> decode_operation(Kind kind, std::string_view body) {
  switch (kind) {
    case Kind::kPut:
      return decode_body<PutOp>(body);
    case Kind::kDeleteRange:
      return decode_body<DeleteRangeOp>(body);
    case Kind::kTxn:
      return decode_body<TxnOp>(body);
    case Kind::kCompact:
      return decode_body<CompactOp>(body);
    case Kind::kPublishMember:
      return decode_body<PublishMemberOp>(body);
    case Kind::kAddMember:
      return decode_body<AddMemberOp>(body);
    case Kind::kRemoveMember:
      return decode_body<RemoveMemberOp>(body);
    case Kind::kUpdateMember:
      return decode_body<UpdateMemberOp>(body);
    case Kind::kPromoteMember:
      return decode_body<PromoteMemberOp>(body);
    case Kind::kLeaseGrant:
      return decode_body<LeaseGrantOp>(body);
    case Kind::kLeaseRevoke:
      return decode_body<LeaseRevokeOp>(body);
    case Kind::kLeaseExpire:
      return decode_body<LeaseExpireOp>(body);
    case Kind::kLeaseCheckpoint:
      return decode_body<LeaseCheckpointOp>(body);
    case Kind::kAlarm:
      return decode_body<AlarmOp>(body);
    case Kind::kRaiseVersion:
      return decode_body<RaiseVersionOp>(body);
    case Kind::kAuthEnable:
      return decode_body<AuthEnableOp>(body);
    case Kind::kAuthDisable:
      return decode_body<AuthDisableOp>(body);
    case Kind::kUserAdd:
      return decode_body<UserAddOp>(body);
    case Kind::kUserDelete:
      return decode_body<UserDeleteOp>(body);
    case Kind::kUserChangePassword:
      return decode_body<UserChangePasswordOp>(body);
    case Kind::kUserGrantRole:
      return decode_body<UserGrantRoleOp>(body);
    case Kind::kUserRevokeRole:
      return decode_body<UserRevokeRoleOp>(body);
    case Kind::kRoleAdd:
      return decode_body<RoleAddOp>(body);
    case Kind::kRoleDelete:
      return decode_body<RoleDeleteOp>(body);
    case Kind::kRoleGrantPermission:
      return decode_body<RoleGrantPermissionOp>(body);
    case Kind::kRoleRevokePermission:
      return decode_body<RoleRevokePermissionOp>(body);
    case Kind::kAuthenticate:
      return decode_body<AuthenticateOp>(body);
    case Kind::kInSession:  // none inside another
    case Kind::kAsUser:     // nor this, and always around that
      break;
  }
  return raft::fail(ErrorCode::kMismatch, std::string(kPlace),
                    "kind " + std::to_string(static_cast<int>(kind)) + " is not known to this version");
}

struct Parsed {
  Kind kind{};
  CommandHeader header;
  std::string_view body;
};

raft::Result<Parsed> parse_header(std::string_view payload) {
  ByteReader reader(payload);
  Parsed parsed;
  const std::uint8_t version = reader.u8();
  if (reader.ok() && version != codec::kVersion) {
    return raft::fail(ErrorCode::kMismatch, std::string(kPlace),
                      "format version " + std::to_string(version) + ", this version reads " +
                          std::to_string(codec::kVersion));
  }
  parsed.kind = static_cast<Kind>(reader.u8());
  parsed.header.origin = raft::NodeId(reader.u64());
  parsed.header.sequence = reader.u64();
  if (!reader.ok()) return raft::fail(ErrorCode::kCorruption, std::string(kPlace), "shorter than its header");
  parsed.body = reader.rest();
  return parsed;
}

/// Takes the session off the front of `body` and gives the kind of what is in it.
raft::Result<Kind> take_session(std::string_view& body, SessionTag& tag) {
  ByteReader reader(body);
  tag.session.birth = reader.u64();
  tag.session.nonce = reader.u64();
  tag.sequence = reader.varint();
  tag.acknowledged = reader.varint();
  const auto kind = static_cast<Kind>(reader.u8());
  if (!reader.ok() || tag.acknowledged >= tag.sequence) {
    return raft::fail(ErrorCode::kCorruption, std::string(kPlace), "malformed session");
  }
  body = reader.rest();
  return kind;
}

/// The same with the user.
raft::Result<Kind> take_principal(std::string_view& body, Principal& principal) {
  ByteReader reader(body);
  principal.user = reader.bytes();
  principal.revision = reader.varint();
  const auto kind = static_cast<Kind>(reader.u8());
  if (!reader.ok()) return raft::fail(ErrorCode::kCorruption, std::string(kPlace), "malformed user");
  body = reader.rest();
  return kind;
}

}  // namespace

std::optional<CommandHeader> peek_header(std::string_view payload) {
  auto parsed = parse_header(payload);
  if (!parsed) return std::nullopt;
  return parsed->header;
}

raft::Result<Command> decode_command(std::string_view payload) {
  ASSIGN_OR_RETURN(Parsed parsed, parse_header(payload));
  Command command;
  if (parsed.kind == Kind::kAsUser) {
    ASSIGN_OR_RETURN(parsed.kind, take_principal(parsed.body, command.principal.emplace()));
  }
  if (parsed.kind == Kind::kInSession) {
    ASSIGN_OR_RETURN(parsed.kind, take_session(parsed.body, command.session.emplace()));
  }
  command.origin = parsed.header.origin;
  command.sequence = parsed.header.sequence;
  ASSIGN_OR_RETURN(command.operation, decode_operation(parsed.kind, parsed.body));
  if (command.session && !is_repeatable(command.operation)) {
    return raft::fail(ErrorCode::kMismatch, std::string(kPlace), "a session around another kind of command");
  }
  return command;
}

}  // namespace kv
