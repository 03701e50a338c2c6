#include "libkv/machine/apply_auth.h"

#include <utility>

#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

using Changed = AuthTable::Changed;

struct AuthChanger {
  AuthTable& table;

  Changed operator()(AuthEnableOp&&) const { return table.enable(); }
  Changed operator()(AuthDisableOp&&) const {
    table.disable();
    return {};
  }
  Changed operator()(UserAddOp&& op) const {
    return table.add_user({.name = std::move(op.name),
                           .password_hash = std::move(op.password_hash),
                           .no_password = op.no_password,
                           .roles = {}});
  }
  Changed operator()(UserDeleteOp&& op) const { return table.delete_user(op.name); }
  Changed operator()(UserChangePasswordOp&& op) const {
    return table.change_password(op.name, std::move(op.password_hash));
  }
  Changed operator()(UserGrantRoleOp&& op) const { return table.grant_role(op.user, op.role); }
  Changed operator()(UserRevokeRoleOp&& op) const { return table.revoke_role(op.user, op.role); }
  Changed operator()(RoleAddOp&& op) const { return table.add_role(op.name); }
  Changed operator()(RoleDeleteOp&& op) const { return table.delete_role(op.name); }
  Changed operator()(RoleGrantPermissionOp&& op) const {
    return table.grant_permission(op.role, op.permission);
  }
  Changed operator()(RoleRevokePermissionOp&& op) const {
    return table.revoke_permission(op.role, op.key, op.range_end);
  }
};

/// Whose tokens are no good any more.
std::string user_to_forget(const AuthOperation& op) {
  if (const auto* gone = std::get_if<UserDeleteOp>(&op)) return gone->name;
  if (const auto* changed = std::get_if<UserChangePasswordOp>(&op)) return changed->name;
  return {};
}

}  // namespace

raft::Result<AuthTable> load_auth(const Store& store) {
  std::vector<AuthRow> all;
  for (const std::string_view prefix : {kAuthStateKey, kRolePrefix, kUserPrefix}) {
    ASSIGN_OR_RETURN(auto rows, store.rows(prefix));
    all.insert(all.end(), std::move_iterator(rows.begin()), std::move_iterator(rows.end()));
  }
  return AuthTable::from_rows(all);
}

std::expected<AuthResult, ReadFault> apply_auth(Store& store, AuthTable& table, AuthOperation&& op) {
  AuthResult result{.enabled = false, .revision = 0, .forget_user = user_to_forget(op)};
  if (auto changed = std::visit(AuthChanger{table}, std::move(op)); !changed) return refuse(changed.error());
  const AuthTable::RowChanges rows = table.take_row_changes();
  for (const std::string& key : rows.removed) store.remove_row(key);
  for (const auto& [key, value] : rows.put) {
    if (!RAFT_MUTANT(kAuthRowsNotWritten)) store.put_row(key, value);
  }
  result.enabled = table.enabled();
  result.revision = table.revision();
  return result;
}

std::expected<AuthenticateResult, ReadFault> apply_authenticate(const AuthTable& table,
                                                                const AuthenticateOp& op) {
  if (!table.enabled()) return refuse(KvError::kAuthNotEnabled);
  if (op.revision != table.revision()) return refuse(KvError::kAuthOldRevision);
  const User* const user = table.find_user(op.user);
  if (user == nullptr || user->no_password) return refuse(KvError::kAuthFailed);
  return AuthenticateResult{.user = op.user, .token_digest = op.token_digest, .revision = op.revision};
}

}  // namespace kv
