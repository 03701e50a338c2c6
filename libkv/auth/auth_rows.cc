#include "libkv/auth/auth_rows.h"

#include "libkv/mvcc/record.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace kv {
namespace {

using raft::ErrorCode;

constexpr std::uint8_t kAuthRowVersion = 1;
constexpr std::size_t kAuthChecksumBytes = 8;
/// Of a user.
constexpr std::uint8_t kNoPassword = 1U << 0U;
/// Of the state.
constexpr std::uint8_t kEnabled = 1U << 0U;

AuthRow close_auth_row(std::string key, std::string value) {
  const std::uint64_t sum = raft::checksum(value, raft::checksum(key, 0));
  raft::ByteWriter(value).u64(sum);
  return {std::move(key), std::move(value)};
}

/// The row's own bytes, once their checksum, which covers the key, is right and the version is known. No
/// name in the place: it would be an operator's terminal that an attacker writes to.
raft::Result<raft::ByteReader> open_auth_row(std::string_view key, std::string_view value,
                                             const std::string& where) {
  if (value.size() < kAuthChecksumBytes) {
    return raft::fail(ErrorCode::kCorruption, where, "malformed row");
  }
  const std::string_view body = value.substr(0, value.size() - kAuthChecksumBytes);
  if (raft::ByteReader(value.substr(body.size())).u64() != raft::checksum(body, raft::checksum(key, 0))) {
    return raft::fail(ErrorCode::kCorruption, where, "checksum mismatch");
  }
  raft::ByteReader reader(body);
  if (const std::uint8_t version = reader.u8(); reader.ok() && version != kAuthRowVersion) {
    return raft::fail(ErrorCode::kMismatch, where, "row version " + std::to_string(version));
  }
  return reader;
}

std::uint8_t known_flags(raft::ByteReader& reader, std::uint8_t known) {
  const std::uint8_t flags = reader.u8();
  if ((flags & ~known) != 0) reader.reject();
  return flags;
}

/// The name that is the rest of a key.
raft::Result<std::string> name_in(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() == prefix.size()) {
    return raft::fail(ErrorCode::kCorruption, std::string(prefix), "malformed key of a row");
  }
  return std::string(key.substr(prefix.size()));
}

}  // namespace

std::string user_key(std::string_view name) {
  return std::string(kUserPrefix).append(name);
}

std::string role_key(std::string_view name) {
  return std::string(kRolePrefix).append(name);
}

AuthRow user_row(const User& user) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kAuthRowVersion);
  writer.u8(user.no_password ? kNoPassword : std::uint8_t{0});
  writer.bytes(user.password_hash);
  writer.varint(user.roles.size());
  for (const std::string& role : user.roles) writer.bytes(role);
  return close_auth_row(user_key(user.name), std::move(value));
}

AuthRow role_row(const Role& role) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kAuthRowVersion);
  writer.varint(role.permissions.size());
  for (const Permission& permission : role.permissions) {
    writer.u8(static_cast<std::uint8_t>(permission.type));
    writer.bytes(permission.key);
    writer.bytes(permission.range_end);
  }
  return close_auth_row(role_key(role.name), std::move(value));
}

AuthRow auth_state_row(const AuthState& state) {
  std::string value;
  raft::ByteWriter writer(value);
  writer.u8(kAuthRowVersion);
  writer.u8(state.enabled ? kEnabled : std::uint8_t{0});
  writer.u64(state.revision);
  return close_auth_row(std::string(kAuthStateKey), std::move(value));
}

raft::Result<User> decode_user(std::string_view key, std::string_view value) {
  User user;
  ASSIGN_OR_RETURN(user.name, name_in(key, kUserPrefix));
  ASSIGN_OR_RETURN(raft::ByteReader reader, open_auth_row(key, value, "u/"));
  user.no_password = (known_flags(reader, kNoPassword) & kNoPassword) != 0;
  user.password_hash = reader.bytes();
  const std::uint64_t roles = reader.varint();
  for (std::uint64_t i = 0; i < roles && reader.ok(); ++i) user.roles.emplace_back(reader.bytes());
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, "u/", "malformed row of a user");
  return user;
}

raft::Result<Role> decode_role(std::string_view key, std::string_view value) {
  Role role;
  ASSIGN_OR_RETURN(role.name, name_in(key, kRolePrefix));
  ASSIGN_OR_RETURN(raft::ByteReader reader, open_auth_row(key, value, "o/"));
  const std::uint64_t permissions = reader.varint();
  for (std::uint64_t i = 0; i < permissions && reader.ok(); ++i) {
    Permission& permission = role.permissions.emplace_back();
    const std::uint8_t type = reader.u8();
    if (type > static_cast<std::uint8_t>(PermissionType::kReadWrite)) reader.reject();
    permission.type = static_cast<PermissionType>(type);
    permission.key = reader.bytes();
    permission.range_end = reader.bytes();
  }
  if (!reader.done()) return raft::fail(ErrorCode::kCorruption, "o/", "malformed row of a role");
  return role;
}

raft::Result<AuthState> decode_auth_state(std::string_view value) {
  const std::string where(kAuthStateKey);
  ASSIGN_OR_RETURN(raft::ByteReader reader, open_auth_row(kAuthStateKey, value, where));
  AuthState state;
  state.enabled = (known_flags(reader, kEnabled) & kEnabled) != 0;
  state.revision = reader.u64();
  if (!reader.done() || state.revision == 0)
    return raft::fail(ErrorCode::kCorruption, where, "malformed row");
  return state;
}

}  // namespace kv
