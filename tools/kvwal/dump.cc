// kvwal dump: the entries of a log, one a line, keys and values safe for a terminal.
#include <cstdio>
#include <limits>
#include <optional>
#include <string>

#include "libkv/machine/command.h"
#include "libraft/core/describe.h"
#include "libraft/core/membership.h"
#include "tools/common/escape.h"
#include "tools/common/json_writer.h"
#include "tools/kvwal/verbs.h"

namespace tools::kvwal {
namespace {

enum class Values { kNone, kEscaped, kHex };

std::string plain_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<std::uint8_t>(c) >> 4U];
    out += kDigits[static_cast<std::uint8_t>(c) & 15U];
  }
  return out;
}

/// Writes operations as JSON objects: bytes that are UTF-8 under their name, others in base64 under name_b64.
class JsonOperations {
 public:
  JsonOperations(JsonWriter& json, Values values) : json_(json), values_(values) {}

  void operator()(const kv::PutOp& op) {
    type("put");
    bytes("key", op.key);
    value(op.value);
    if (op.lease != 0) json_.key("lease").number(op.lease);
  }
  void operator()(const kv::DeleteRangeOp& op) {
    type("delete");
    bytes("key", op.key);
    if (!op.range_end.empty()) bytes("range_end", op.range_end);
  }
  void operator()(const kv::RangeOp& op) {
    type("range");
    bytes("key", op.key);
    if (!op.range_end.empty()) bytes("range_end", op.range_end);
  }
  void operator()(const kv::TxnOp& op) {
    type("txn");
    json_.key("compares").begin_array();
    for (const kv::Compare& compare : op.compares) {
      json_.begin_object();
      bytes("key", compare.key);
      json_.end_object();
    }
    json_.end_array();
    branch("success", op.success);
    branch("failure", op.failure);
  }
  void operator()(const kv::CompactOp& op) {
    type("compact");
    json_.key("revision").number(op.revision);
  }
  void operator()(const kv::PublishMemberOp& op) {
    type("publish-member");
    json_.key("member").string(raft::describe(op.member)).key("name").string(op.name);
    list("client_urls", op.client_urls);
  }
  void operator()(const kv::AddMemberOp& op) {
    type("add-member");
    json_.key("member").string(raft::describe(op.member.id));
    list("peer_urls", op.member.peer_urls);
    json_.key("learner").boolean(op.member.learner);
    if (op.member.promote_when_caught_up) json_.key("promote_when_caught_up").boolean(true);
    if (op.member.replaces) json_.key("replaces").string(raft::describe(*op.member.replaces));
  }
  void operator()(const kv::RemoveMemberOp& op) {
    type("remove-member");
    json_.key("member").string(raft::describe(op.member));
  }
  void operator()(const kv::UpdateMemberOp& op) {
    type("update-member");
    json_.key("member").string(raft::describe(op.member));
    list("peer_urls", op.peer_urls);
  }
  void operator()(const kv::PromoteMemberOp& op) {
    type("promote-member");
    json_.key("member").string(raft::describe(op.member));
  }
  void operator()(const kv::LeaseGrantOp& op) {
    type("lease-grant");
    json_.key("lease").number(op.lease);
    json_.key("ttl").number(op.ttl);
  }
  void operator()(const kv::LeaseRevokeOp& op) {
    type("lease-revoke");
    json_.key("lease").number(op.lease);
  }
  void operator()(const kv::LeaseExpireOp& op) {
    type("lease-expire");
    json_.key("lease").number(op.lease);
    json_.key("term").unsigned_number(op.term.value());
  }
  void operator()(const kv::LeaseCheckpointOp& op) {
    type("lease-checkpoint");
    json_.key("term").unsigned_number(op.term.value());
    json_.key("leases").begin_array();
    for (const kv::LeaseRemaining& one : op.leases) json_.number(one.lease);
    json_.end_array();
  }

  void operator()(const kv::AlarmOp& op) {
    type(op.deactivate ? "disarm" : "alarm");
    json_.key("member").string(raft::describe(op.alarm.member));
    json_.key("alarm").string(op.alarm.type == kv::AlarmType::kNoSpace ? "NOSPACE" : "CORRUPT");
    if (op.alarm.automatic) json_.key("automatic").boolean(true);
  }

  void operator()(const kv::RaiseVersionOp& op) {
    type("raise-version");
    json_.key("version").number(op.version);
    json_.key("members").begin_array();
    for (const raft::NodeId member : op.members) json_.string(raft::describe(member));
    json_.end_array();
  }

  void operator()(const kv::AuthEnableOp&) { type("auth-enable"); }
  void operator()(const kv::AuthDisableOp&) { type("auth-disable"); }
  void operator()(const kv::UserAddOp& op) {
    type("user-add");
    bytes("user", op.name);
    if (op.no_password) json_.key("no_password").boolean(true);
  }
  void operator()(const kv::UserDeleteOp& op) {
    type("user-delete");
    bytes("user", op.name);
  }
  void operator()(const kv::UserChangePasswordOp& op) {
    type("user-change-password");
    bytes("user", op.name);
  }
  void operator()(const kv::UserGrantRoleOp& op) {
    type("user-grant-role");
    bytes("user", op.user);
    bytes("role", op.role);
  }
  void operator()(const kv::UserRevokeRoleOp& op) {
    type("user-revoke-role");
    bytes("user", op.user);
    bytes("role", op.role);
  }
  void operator()(const kv::RoleAddOp& op) {
    type("role-add");
    bytes("role", op.name);
  }
  void operator()(const kv::RoleDeleteOp& op) {
    type("role-delete");
    bytes("role", op.name);
  }
  void operator()(const kv::RoleGrantPermissionOp& op) {
    type("role-grant-permission");
    bytes("role", op.role);
    json_.key("permission").string(kv::describe(op.permission.type));
    bytes("key", op.permission.key);
    if (!op.permission.range_end.empty()) bytes("range_end", op.permission.range_end);
  }
  void operator()(const kv::RoleRevokePermissionOp& op) {
    type("role-revoke-permission");
    bytes("role", op.role);
    bytes("key", op.key);
    if (!op.range_end.empty()) bytes("range_end", op.range_end);
  }
  void operator()(const kv::AuthenticateOp& op) {
    type("authenticate");
    bytes("user", op.user);
  }

 private:
  void type(std::string_view name) { json_.key("op").string(name); }
  void list(std::string_view name, const std::vector<std::string>& items) {
    json_.key(name).begin_array();
    for (const std::string& item : items) json_.string(item);
    json_.end_array();
  }
  void bytes(const std::string& name, std::string_view value) { json_.member(name, value); }
  void value(std::string_view value) {
    if (values_ == Values::kEscaped) bytes("value", value);
    if (values_ == Values::kHex) json_.key("value_hex").string(plain_hex(value));
    json_.key("value_bytes").unsigned_number(value.size());
  }
  void branch(std::string_view name, const std::vector<kv::Op>& ops) {
    json_.key(name).begin_array();
    for (const kv::Op& op : ops) {
      json_.begin_object();
      std::visit(*this, op.value);
      json_.end_object();
    }
    json_.end_array();
  }

  JsonWriter& json_;
  const Values values_;
};

std::optional<raft::Membership> membership_of(const raft::Entry& entry) {
  if (entry.type != raft::EntryType::kConfiguration) return std::nullopt;
  auto decoded = raft::decode_membership(entry.bytes());
  return decoded ? std::optional(std::move(*decoded)) : std::nullopt;
}

void nodes(JsonWriter& json, std::string_view name, const std::vector<raft::NodeId>& ids) {
  json.key(name).begin_array();
  for (const raft::NodeId id : ids) json.string(raft::describe(id));
  json.end_array();
}

/// The second and third of the three numbers that clients know it by.
std::string session_text(const kv::SessionTag& tag) {
  char text[33];
  std::snprintf(text, sizeof(text), "%016llx%016llx", static_cast<unsigned long long>(tag.session.birth),
                static_cast<unsigned long long>(tag.session.nonce));
  return text;
}

class Printer {
 public:
  Printer(bool json, Values values) : json_(json), values_(values) {}

  void print(const raft::Entry& entry) {
    std::optional<kv::Command> command;
    if (entry.type == raft::EntryType::kCommand) {
      if (auto decoded = kv::decode_command(entry.bytes())) command = std::move(*decoded);
    }
    const std::string line = json_ ? json_line(entry, command) : table_line(entry, command);
    std::printf("%s\n", line.c_str());
  }

 private:
  std::string json_line(const raft::Entry& entry, const std::optional<kv::Command>& command) const {
    JsonWriter json;
    json.begin_object();
    json.key("index").unsigned_number(entry.index.value()).key("term").unsigned_number(entry.term.value());
    json.key("type").string(name(entry.type)).key("bytes").unsigned_number(entry.bytes().size());
    if (command) {
      json.key("origin").string(raft::describe(command->origin));
      // As text: jq and others round numbers above 2^53.
      json.key("sequence").string(std::to_string(command->sequence));
      if (command->session) {
        json.key("session").string(session_text(*command->session));
        json.key("session_sequence").string(std::to_string(command->session->sequence));
      }
      if (command->principal) {
        json.member("as_user", command->principal->user);
        json.key("auth_revision").unsigned_number(command->principal->revision);
      }
      std::visit(JsonOperations(json, values_), command->operation);
    } else if (entry.type == raft::EntryType::kCommand) {
      json.key("op").string("unknown");
    } else if (const auto membership = membership_of(entry)) {
      nodes(json, "voters", membership->voters);
      nodes(json, "outgoing", membership->outgoing);
      nodes(json, "learners", membership->learners);
    }
    return json.end_object().take();
  }

  std::string table_line(const raft::Entry& entry, const std::optional<kv::Command>& command) const {
    char head[64];
    std::snprintf(head, sizeof(head), "%10llu %6llu  ", static_cast<unsigned long long>(entry.index.value()),
                  static_cast<unsigned long long>(entry.term.value()));
    std::string line = head + std::string(name(entry.type));
    if (command) line = head + kv::describe(command->operation);
    if (command && command->session) {
      line +=
          " session=" + session_text(*command->session) + "/" + std::to_string(command->session->sequence);
    }
    if (command && command->principal) line += " as " + quote(command->principal->user);
    if (!command && entry.type == raft::EntryType::kCommand) line += " (of a newer version)";
    if (const auto membership = membership_of(entry)) line += " " + raft::describe(*membership);
    const auto* put = command ? std::get_if<kv::PutOp>(&command->operation) : nullptr;
    if (put != nullptr && values_ == Values::kEscaped) line += " value=" + quote(put->value);
    if (put != nullptr && values_ == Values::kHex) line += " value=" + plain_hex(put->value);
    return line;
  }

  const bool json_;
  const Values values_;
};

}  // namespace

Outcome<void> dump(const Parsed& parsed) {
  const std::string values = parsed.text("values");
  Printer printer(parsed.text("write-out") == "jsonl", values == "none"  ? Values::kNone
                                                       : values == "hex" ? Values::kHex
                                                                         : Values::kEscaped);
  const auto from = static_cast<std::uint64_t>(parsed.number("from"));
  const std::uint64_t to = parsed.given("to") ? static_cast<std::uint64_t>(parsed.number("to"))
                                              : std::numeric_limits<std::uint64_t>::max();
  if (from > to) return refuse_usage("--from is behind --to");
  // What stands before a damage is printed; the damage is the exit code.
  TRY_ASSIGN([[maybe_unused]] const raft::Inspected inspected,
             inspect(wal_directory(parsed.arguments().front()), [&](const raft::Entry& entry) {
               if (entry.index.value() >= from && entry.index.value() <= to) printer.print(entry);
             }));
  return {};
}

}  // namespace tools::kvwal
