// The rows of users and roles in the state (libkv/mvcc/FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/auth/role.h"
#include "libkv/auth/user.h"
#include "libraft/base/result.h"

namespace kv {

/// Whether authentication is on, and how often that and the table were changed.
struct AuthState {
  bool enabled = false;
  std::uint64_t revision = 1;

  bool operator==(const AuthState&) const = default;
};

using AuthRow = std::pair<std::string, std::string>;  ///< key and value

std::string user_key(std::string_view name);
std::string role_key(std::string_view name);
AuthRow user_row(const User& user);
AuthRow role_row(const Role& role);
AuthRow auth_state_row(const AuthState& state);

/// kCorruption or, for a version that is not known, kMismatch.
raft::Result<User> decode_user(std::string_view key, std::string_view value);
raft::Result<Role> decode_role(std::string_view key, std::string_view value);
raft::Result<AuthState> decode_auth_state(std::string_view value);

}  // namespace kv
