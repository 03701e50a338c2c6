// Users, roles and permissions: who may do what (contract sections 9.1 and 9.3). Part of the replicated
// state, without a clock or a secret of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/auth/auth_limits.h"
#include "libkv/auth/auth_rows.h"
#include "libkv/auth/key_cover.h"
#include "libkv/auth/permission.h"
#include "libkv/auth/principal.h"
#include "libkv/auth/role.h"
#include "libkv/auth/user.h"
#include "libkv/mvcc/range.h"
#include "libraft/base/result.h"

namespace kv {

/// Changed by commands, with etcd's checks in etcd's order: the same on every member. A refusal has changed
/// nothing. A value: copies are what readers get, and share what did not change. Thread: none of its own.
class AuthTable {
 public:
  using Changed = std::expected<void, KvError>;

  explicit AuthTable(const AuthLimits& limits = {}) : limits_(limits) {}
  /// From the rows of kUserPrefix, kRolePrefix and kAuthStateKey, in any order. kCorruption with the place.
  static raft::Result<AuthTable> from_rows(const std::vector<AuthRow>& rows, const AuthLimits& limits = {});

  [[nodiscard]] bool enabled() const { return state_.enabled; }
  /// From 1; moves on with every change but enable().
  [[nodiscard]] std::uint64_t revision() const { return state_.revision; }
  /// Null when there is none. Valid until the table changes.
  [[nodiscard]] const User* find_user(std::string_view name) const;
  [[nodiscard]] const Role* find_role(std::string_view name) const;
  /// Names in order.
  [[nodiscard]] std::vector<std::string> users() const;
  [[nodiscard]] std::vector<std::string> roles() const;

  Changed enable();
  void disable();
  Changed add_user(User user);  ///< its roles are not looked at
  Changed delete_user(std::string_view name);
  /// Nothing but a new revision for a user who has no password.
  Changed change_password(std::string_view name, std::string password_hash);
  Changed grant_role(std::string_view user, std::string_view role);
  Changed revoke_role(std::string_view user, std::string_view role);
  Changed add_role(std::string_view name);
  /// And takes it from all users.
  Changed delete_role(std::string_view name);
  /// Replaces one of the same key and range_end.
  Changed grant_permission(std::string_view role, const Permission& permission);
  Changed revoke_permission(std::string_view role, std::string_view key, std::string_view range_end);

  // Questions. Nothing: allowed; while authentication is off, everything is.

  /// Whether a request may be looked at: kUserEmpty without a user, kAuthOldRevision for one who was known
  /// before the last change.
  [[nodiscard]] std::optional<KvError> admit(const std::optional<Principal>& principal) const;
  /// Whether the user may read or write (`need`: kRead or kWrite) all of that range. kPermissionDenied.
  [[nodiscard]] std::optional<KvError> may(const Principal& principal, PermissionType need,
                                           std::string_view key, std::string_view range_end) const;
  /// Whether the user has the role root: kUserEmpty, kUserNotFound for one who is gone, kPermissionDenied. As
  /// in etcd, whoever was known before the last change is still admitted.
  [[nodiscard]] std::optional<KvError> is_admin(const std::optional<Principal>& principal) const;

  /// How the rows of the state follow: what the changes since the last call did.
  struct RowChanges {
    std::vector<std::string> removed;
    std::vector<AuthRow> put;
  };
  [[nodiscard]] RowChanges take_row_changes();

 private:
  /// With what its permissions reach.
  struct KnownRole {
    explicit KnownRole(Role of)
        : role(std::move(of)),
          readable(role.permissions, PermissionType::kRead),
          writable(role.permissions, PermissionType::kWrite) {}

    Role role;
    KeyCover readable;
    KeyCover writable;
  };

  /// Whether the entry may take the place of one of `before` bytes.
  [[nodiscard]] Changed fits(std::size_t before, std::size_t after) const;
  void set(User user);
  void set(Role role);
  void forget_user(std::string_view name);
  void forget_role(std::string_view name);
  /// The table is another than it was.
  void move_on();
  [[nodiscard]] bool covers(const User& user, PermissionType need, std::string_view key,
                            std::string_view range_end) const;
  [[nodiscard]] raft::Result<void> check_loaded() const;

  AuthLimits limits_;
  AuthState state_;
  // Users and roles are never changed, only replaced: copies of the table share them.
  std::map<std::string, std::shared_ptr<const User>, std::less<>> users_;
  std::map<std::string, std::shared_ptr<const KnownRole>, std::less<>> roles_;
  std::size_t bytes_ = 0;  // auth_bytes of them all
  std::set<std::string> changed_users_;
  std::set<std::string> changed_roles_;
  bool state_changed_ = false;
};

/// What an entry counts against AuthLimits: its names, hash and keys, and 16 bytes for each of these.
std::size_t auth_bytes(const User& user);
std::size_t auth_bytes(const Role& role);

/// Whether key and range_end may stand in a permission: no empty key, and no empty range.
bool is_valid_permission_range(std::string_view key, std::string_view range_end);

}  // namespace kv
