#include "tests/sim/check/auth_model.h"

#include <algorithm>
#include <variant>

namespace sim {
namespace {

using kv::KvError;

const std::string kEverything(1, '\0');

bool holds(const std::string& key, const std::string& range_end, const std::string& candidate) {
  if (range_end.empty()) return candidate == key;
  return candidate >= key && (range_end == kEverything || candidate < range_end);
}

/// These follow each other.
bool is_about_auth(const kv::Operation& operation) {
  return operation.index() >= kv::Operation(kv::AuthEnableOp{}).index() &&
         operation.index() <= kv::Operation(kv::AuthenticateOp{}).index();
}

}  // namespace

bool AuthModel::is_root(const std::string& user) const {
  const auto found = users_.find(user);
  return found != users_.end() && found->second.roles.contains("root");
}

bool AuthModel::allows(const std::string& user, const std::string& key, bool write) const {
  const auto found = users_.find(user);
  if (found == users_.end()) return false;
  const auto wanted = write ? kv::PermissionType::kWrite : kv::PermissionType::kRead;
  return std::ranges::any_of(found->second.roles, [&](const std::string& name) {
    const auto role = roles_.find(name);
    return role != roles_.end() && std::ranges::any_of(role->second, [&](const auto& grant) {
             return (grant.second == wanted || grant.second == kv::PermissionType::kReadWrite) &&
                    holds(grant.first.first, grant.first.second, key);
           });
  });
}

/// Whether a key is allowed changes only where some grant begins or ends: so those keys stand for all. What
/// lies behind the last of them is endless.
bool AuthModel::covers(const std::string& user, const std::string& key, const std::string& range_end,
                       bool write) const {
  if (is_root(user)) return true;
  std::set<std::string> looked_at{key};
  for (const auto& [name, grants] : roles_) {
    for (const auto& [range, type] : grants) {
      looked_at.insert(range.first);
      looked_at.insert(range.second.empty() ? range.first + '\0' : range.second);
    }
  }
  looked_at.insert("\xff\xff\xff\xff behind all");
  return std::ranges::all_of(looked_at, [&](const std::string& one) {
    return (one != key && !holds(key, range_end, one)) || allows(user, one, write);
  });
}

/// What an operation needs, step by step.
struct AuthModel::Judge {
  const AuthModel& model;
  const std::string& user;
  bool allowed = true;

  void reads(const std::string& key, const std::string& range_end) {
    allowed = allowed && model.covers(user, key, range_end, false);
  }
  void writes(const std::string& key, const std::string& range_end) {
    allowed = allowed && model.covers(user, key, range_end, true);
  }
  void lease(std::int64_t id) {
    for (const std::string& key : model.keys_of_(id)) writes(key, "");
  }

  void operator()(const kv::RangeOp& op) { reads(op.key, op.range_end); }
  void operator()(const kv::PutOp& op) {
    writes(op.key, "");
    if (op.prev_kv) reads(op.key, "");
    if (op.lease != 0) lease(op.lease);
  }
  void operator()(const kv::DeleteRangeOp& op) {
    writes(op.key, op.range_end);
    if (op.prev_kv) reads(op.key, op.range_end);
  }
  void operator()(const kv::TxnOp& op) {
    for (const kv::Compare& compare : op.compares) reads(compare.key, compare.range_end);
    for (const kv::Op& step : op.success) std::visit(*this, step.value);
    for (const kv::Op& step : op.failure) std::visit(*this, step.value);
  }
  void operator()(const kv::LeaseRevokeOp& op) { lease(op.lease); }
  template <class Other>
  void operator()(const Other&) {}
};

std::optional<KvError> AuthModel::refusal(const kv::Command& command) const {
  if (!enabled_ || std::holds_alternative<kv::AuthenticateOp>(command.operation)) return std::nullopt;
  const bool about_auth = is_about_auth(command.operation);
  const bool of_clients =
      kv::is_repeatable(command.operation) && !std::holds_alternative<kv::CompactOp>(command.operation);
  if (!about_auth && !of_clients && !command.principal) return std::nullopt;
  if (!command.principal) return KvError::kUserEmpty;
  const std::string& user = command.principal->user;
  if (about_auth || !of_clients) {
    if (!users_.contains(user)) return KvError::kUserNotFound;
    return is_root(user) ? std::nullopt : std::optional(KvError::kPermissionDenied);
  }
  if (command.principal->revision < revision_) return KvError::kAuthOldRevision;
  Judge judge{*this, user};
  std::visit(judge, command.operation);
  return judge.allowed ? std::nullopt : std::optional(KvError::kPermissionDenied);
}

/// What each change does; the reason why not, or whose tokens it ends.
struct AuthModel::Changer {
  AuthModel& model;
  bool moved = true;
  using Told = std::expected<std::string, KvError>;

  static Told no(KvError error) { return std::unexpected(error); }
  [[nodiscard]] bool has_user(const std::string& name) const { return model.users_.contains(name); }
  [[nodiscard]] bool has_role(const std::string& name) const { return model.roles_.contains(name); }

  Told operator()(const kv::AuthEnableOp&) {
    moved = false;
    if (model.enabled_) return "";
    if (!has_user("root")) return no(KvError::kRootUserMissing);
    if (!model.is_root("root")) return no(KvError::kRootRoleMissing);
    model.enabled_ = true;
    return "";
  }
  Told operator()(const kv::AuthDisableOp&) {
    moved = std::exchange(model.enabled_, false);
    return "";
  }
  Told operator()(const kv::UserAddOp& op) {
    if (op.name.empty()) return no(KvError::kUserEmpty);
    if (has_user(op.name)) return no(KvError::kUserExists);
    model.users_[op.name].no_password = op.no_password;
    return "";
  }
  Told operator()(const kv::UserDeleteOp& op) {
    if (model.enabled_ && op.name == "root") return no(KvError::kInvalidAuthManagement);
    if (model.users_.erase(op.name) == 0) return no(KvError::kUserNotFound);
    return op.name;
  }
  Told operator()(const kv::UserChangePasswordOp& op) {
    if (!has_user(op.name)) return no(KvError::kUserNotFound);
    return op.name;
  }
  Told operator()(const kv::UserGrantRoleOp& op) {
    if (!has_user(op.user)) return no(KvError::kUserNotFound);
    if (op.role != "root" && !has_role(op.role)) return no(KvError::kRoleNotFound);
    moved = model.users_[op.user].roles.insert(op.role).second;
    return "";
  }
  Told operator()(const kv::UserRevokeRoleOp& op) {
    if (model.enabled_ && op.user == "root" && op.role == "root") return no(KvError::kInvalidAuthManagement);
    if (!has_user(op.user)) return no(KvError::kUserNotFound);
    if (model.users_[op.user].roles.erase(op.role) == 0) return no(KvError::kRoleNotGranted);
    return "";
  }
  Told operator()(const kv::RoleAddOp& op) {
    if (op.name.empty()) return no(KvError::kRoleEmpty);
    if (!model.roles_.try_emplace(op.name).second) return no(KvError::kRoleExists);
    return "";
  }
  Told operator()(const kv::RoleDeleteOp& op) {
    if (model.enabled_ && op.name == "root") return no(KvError::kInvalidAuthManagement);
    if (model.roles_.erase(op.name) == 0) return no(KvError::kRoleNotFound);
    for (auto& [name, user] : model.users_) user.roles.erase(op.name);
    return "";
  }
  Told operator()(const kv::RoleGrantPermissionOp& op) {
    const auto& [type, key, range_end] = op.permission;
    const bool some = range_end.empty() || range_end == kEverything || key < range_end;
    if (key.empty() || !some) return no(KvError::kInvalidAuthManagement);
    if (!has_role(op.role)) return no(KvError::kRoleNotFound);
    model.roles_[op.role][{key, range_end}] = type;
    return "";
  }
  Told operator()(const kv::RoleRevokePermissionOp& op) {
    if (!has_role(op.role)) return no(KvError::kRoleNotFound);
    if (model.roles_[op.role].erase({op.key, op.range_end}) == 0) return no(KvError::kPermissionNotGranted);
    return "";
  }
  template <class Other>
  Told operator()(const Other&) {
    return "";
  }
};

std::optional<std::expected<kv::OperationResult, KvError>> AuthModel::apply(const kv::Operation& operation) {
  if (!is_about_auth(operation)) return std::nullopt;
  if (const auto* asked = std::get_if<kv::AuthenticateOp>(&operation)) {
    if (!enabled_) return std::unexpected(KvError::kAuthNotEnabled);
    if (asked->revision != revision_) return std::unexpected(KvError::kAuthOldRevision);
    const auto user = users_.find(asked->user);
    if (user == users_.end() || user->second.no_password) return std::unexpected(KvError::kAuthFailed);
    return kv::AuthenticateResult{
        .user = asked->user, .token_digest = asked->token_digest, .revision = revision_};
  }
  Changer changer{*this};
  auto told = std::visit(changer, operation);
  if (!told) return std::unexpected(told.error());
  if (changer.moved) ++revision_;
  return kv::AuthResult{.enabled = enabled_, .revision = revision_, .forget_user = std::move(*told)};
}

}  // namespace sim
