#include <algorithm>

#include "libkv/machine/command.h"

namespace kv {
namespace {

constexpr std::size_t kKeyBytesShownMax = 128;
constexpr std::size_t kStepsShownMax = 8;

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes.substr(0, kKeyBytesShownMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    }
  }
  if (bytes.size() > kKeyBytesShownMax) out += "...";
}

void append_field(std::string& out, std::string_view label, std::string_view bytes) {
  out += ' ';
  out += label;
  out += "=\"";
  append_escaped(out, bytes);
  out += '"';
}

void append_number(std::string& out, std::string_view label, std::int64_t value) {
  out += ' ';
  out += label;
  out += '=';
  out += std::to_string(value);
}

void append_keys(std::string& out, std::string_view key, std::string_view range_end) {
  append_field(out, "key", key);
  if (!range_end.empty()) append_field(out, "range_end", range_end);
}

struct Describer {
  std::string& out;

  void operator()(const RangeOp& op) const {
    out += "range";
    append_keys(out, op.key, op.range_end);
    if (op.revision > 0) append_number(out, "revision", op.revision);
  }

  void operator()(const PutOp& op) const {
    out += "put";
    append_field(out, "key", op.key);
    append_number(out, "value_bytes", static_cast<std::int64_t>(op.value.size()));
    if (op.lease != 0) append_number(out, "lease", op.lease);
  }

  void operator()(const DeleteRangeOp& op) const {
    out += "delete_range";
    append_keys(out, op.key, op.range_end);
  }

  void operator()(const TxnOp& op) const {
    out += "txn";
    append_number(out, "compares", static_cast<std::int64_t>(op.compares.size()));
    for (std::size_t i = 0; i < std::min(op.compares.size(), kStepsShownMax); ++i) {
      append_field(out, "if", op.compares[i].key);
    }
    branch("then", op.success);
    branch("else", op.failure);
  }

  void operator()(const CompactOp& op) const {
    out += "compact";
    append_number(out, "revision", op.revision);
  }

  void operator()(const PublishMemberOp& op) const {
    out += "publish_member member=" + std::to_string(op.member.value());
    append_field(out, "name", op.name);
  }

  void operator()(const AddMemberOp& op) const {
    out += "add_member member=" + std::to_string(op.member.id.value());
    urls(op.member.peer_urls);
    if (op.member.learner) out += " learner";
    if (op.member.promote_when_caught_up) out += " promote_when_caught_up";
    if (op.member.replaces) out += " replaces=" + std::to_string(op.member.replaces->value());
  }

  void operator()(const RemoveMemberOp& op) const {
    out += "remove_member member=" + std::to_string(op.member.value());
  }

  void operator()(const UpdateMemberOp& op) const {
    out += "update_member member=" + std::to_string(op.member.value());
    urls(op.peer_urls);
  }

  void operator()(const PromoteMemberOp& op) const {
    out += "promote_member member=" + std::to_string(op.member.value());
  }

  void operator()(const LeaseGrantOp& op) const {
    out += "lease_grant";
    append_number(out, "lease", op.lease);
    append_number(out, "ttl", op.ttl);
  }

  void operator()(const LeaseRevokeOp& op) const {
    out += "lease_revoke";
    append_number(out, "lease", op.lease);
  }

  void operator()(const LeaseExpireOp& op) const {
    out += "lease_expire";
    append_number(out, "lease", op.lease);
    out += " term=" + std::to_string(op.term.value());
  }

  void operator()(const LeaseCheckpointOp& op) const {
    out += "lease_checkpoint term=" + std::to_string(op.term.value());
    append_number(out, "leases", static_cast<std::int64_t>(op.leases.size()));
  }

  void operator()(const AlarmOp& op) const {
    out += op.deactivate ? "disarm" : "alarm";
    out += " member=" + std::to_string(op.alarm.member.value());
    out += op.alarm.type == AlarmType::kNoSpace ? " type=NOSPACE" : " type=CORRUPT";
    if (op.alarm.automatic) out += " automatic";
  }
  void operator()(const RaiseVersionOp& op) const {
    out += "raise_version version=" + std::to_string(op.version);
    append_number(out, "members", static_cast<std::int64_t>(op.members.size()));
  }

  void operator()(const AuthEnableOp&) const { out += "auth_enable"; }
  void operator()(const AuthDisableOp&) const { out += "auth_disable"; }
  void operator()(const UserAddOp& op) const {
    out += "user_add";
    append_field(out, "user", op.name);
    if (op.no_password) out += " no_password";
  }
  void operator()(const UserDeleteOp& op) const {
    out += "user_delete";
    append_field(out, "user", op.name);
  }
  void operator()(const UserChangePasswordOp& op) const {
    out += "user_change_password";
    append_field(out, "user", op.name);
  }
  void operator()(const UserGrantRoleOp& op) const {
    out += "user_grant_role";
    append_field(out, "user", op.user);
    append_field(out, "role", op.role);
  }
  void operator()(const UserRevokeRoleOp& op) const {
    out += "user_revoke_role";
    append_field(out, "user", op.user);
    append_field(out, "role", op.role);
  }
  void operator()(const RoleAddOp& op) const {
    out += "role_add";
    append_field(out, "role", op.name);
  }
  void operator()(const RoleDeleteOp& op) const {
    out += "role_delete";
    append_field(out, "role", op.name);
  }
  void operator()(const RoleGrantPermissionOp& op) const {
    out += "role_grant_permission";
    append_field(out, "role", op.role);
    out += ' ';
    out += kv::describe(op.permission.type);
    append_keys(out, op.permission.key, op.permission.range_end);
  }
  void operator()(const RoleRevokePermissionOp& op) const {
    out += "role_revoke_permission";
    append_field(out, "role", op.role);
    append_keys(out, op.key, op.range_end);
  }
  void operator()(const AuthenticateOp& op) const {
    out += "authenticate";
    append_field(out, "user", op.user);
    append_number(out, "revision", static_cast<std::int64_t>(op.revision));
  }

 private:
  void urls(const std::vector<std::string>& items) const {
    for (std::size_t i = 0; i < std::min(items.size(), kStepsShownMax); ++i) {
      append_field(out, "peer_url", items[i]);
    }
  }

  void branch(std::string_view label, const std::vector<Op>& ops) const {
    if (ops.empty()) return;
    out += ' ';
    out += label;
    out += "=[";
    const std::size_t shown = std::min(ops.size(), kStepsShownMax);
    for (std::size_t i = 0; i < shown; ++i) {
      if (i != 0) out += "; ";
      // A nested transaction is named, not opened: the line stays a line.
      if (std::holds_alternative<TxnOp>(ops[i].value)) {
        out += "txn";
      } else {
        std::visit(*this, ops[i].value);
      }
    }
    if (shown < ops.size()) out += "; ... " + std::to_string(ops.size() - shown) + " more";
    out += ']';
  }
};

}  // namespace

std::string describe(const Operation& operation) {
  std::string out;
  std::visit(Describer{out}, operation);
  return out;
}

}  // namespace kv
