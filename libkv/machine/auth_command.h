// The commands about users and roles (contract section 9). What each refuses: libkv/auth/auth_table.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "libkv/auth/permission.h"

namespace kv {

/// SHA-256 of a token. The token itself is never in a log.
using TokenDigest = std::array<std::uint8_t, 32>;

struct AuthEnableOp {
  bool operator==(const AuthEnableOp&) const = default;
};

struct AuthDisableOp {
  bool operator==(const AuthDisableOp&) const = default;
};

/// Passwords are hashed by the member that proposes: every hash is salted anew.
struct UserAddOp {
  std::string name;
  std::string password_hash;
  bool no_password = false;

  bool operator==(const UserAddOp&) const = default;
};

struct UserDeleteOp {
  std::string name;

  bool operator==(const UserDeleteOp&) const = default;
};

struct UserChangePasswordOp {
  std::string name;
  std::string password_hash;

  bool operator==(const UserChangePasswordOp&) const = default;
};

struct UserGrantRoleOp {
  std::string user;
  std::string role;

  bool operator==(const UserGrantRoleOp&) const = default;
};

struct UserRevokeRoleOp {
  std::string user;
  std::string role;

  bool operator==(const UserRevokeRoleOp&) const = default;
};

struct RoleAddOp {
  std::string name;

  bool operator==(const RoleAddOp&) const = default;
};

struct RoleDeleteOp {
  std::string name;

  bool operator==(const RoleDeleteOp&) const = default;
};

struct RoleGrantPermissionOp {
  std::string role;
  Permission permission;

  bool operator==(const RoleGrantPermissionOp&) const = default;
};

struct RoleRevokePermissionOp {
  std::string role;
  std::string key;
  std::string range_end;

  bool operator==(const RoleRevokePermissionOp&) const = default;
};

/// A member found the password right and made a token, for every member to know. `revision`: of the auth
/// table in which it looked; when users or roles were changed since, it has to look again.
struct AuthenticateOp {
  std::string user;
  TokenDigest token_digest{};
  std::uint64_t revision = 0;

  bool operator==(const AuthenticateOp&) const = default;
};

}  // namespace kv
