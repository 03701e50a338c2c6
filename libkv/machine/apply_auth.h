// Users and roles: authentication switched on and off, users and roles changed, tokens told.
#pragma once

#include <expected>
#include <variant>

#include "libkv/auth/auth_table.h"
#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"
#include "libkv/mvcc/store.h"

namespace kv {

using AuthOperation =
    std::variant<AuthEnableOp, AuthDisableOp, UserAddOp, UserDeleteOp, UserChangePasswordOp, UserGrantRoleOp,
                 UserRevokeRoleOp, RoleAddOp, RoleDeleteOp, RoleGrantPermissionOp, RoleRevokePermissionOp>;

/// The table as the rows of the store have it.
raft::Result<AuthTable> load_auth(const Store& store);

/// Changes the table, and its rows in the batch under way. A refusal has changed nothing.
std::expected<AuthResult, ReadFault> apply_auth(Store& store, AuthTable& table, AuthOperation&& op);

/// Changes nothing that is kept: the members' own memories hold the tokens.
std::expected<AuthenticateResult, ReadFault> apply_authenticate(const AuthTable& table,
                                                                const AuthenticateOp& op);

}  // namespace kv
