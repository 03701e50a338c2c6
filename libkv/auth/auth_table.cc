#include "libkv/auth/auth_table.h"

#include <algorithm>

#include "libkv/mvcc/key_range.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// What each part of an entry takes beside its bytes.
constexpr std::size_t kPartBytes = 16;

std::unexpected<KvError> no(KvError error) {
  return std::unexpected(error);
}

bool is_root(const User& user) {
  return std::ranges::binary_search(user.roles, kRootRole);
}

bool before(const Permission& permission, std::string_view key, std::string_view range_end) {
  return permission.key != key ? permission.key < key : permission.range_end < range_end;
}

/// Where that permission is, or would be.
std::vector<Permission>::iterator place_of(std::vector<Permission>& permissions, std::string_view key,
                                           std::string_view range_end) {
  return std::ranges::find_if_not(permissions,
                                  [&](const Permission& other) { return before(other, key, range_end); });
}

bool is_at(const std::vector<Permission>& permissions, std::vector<Permission>::const_iterator at,
           std::string_view key, std::string_view range_end) {
  return at != permissions.end() && at->key == key && at->range_end == range_end;
}

raft::Result<void> damaged(std::string_view what) {
  return raft::fail(raft::ErrorCode::kCorruption, "u/ and o/", std::string(what));
}

}  // namespace

std::size_t auth_bytes(const User& user) {
  std::size_t total = user.name.size() + user.password_hash.size() + 2 * kPartBytes;
  for (const std::string& role : user.roles) total += role.size() + kPartBytes;
  return total;
}

std::size_t auth_bytes(const Role& role) {
  std::size_t total = role.name.size() + kPartBytes;
  for (const Permission& permission : role.permissions) {
    total += permission.key.size() + permission.range_end.size() + 2 * kPartBytes;
  }
  return total;
}

bool is_valid_permission_range(std::string_view key, std::string_view range_end) {
  if (key.empty()) return false;
  const KeyRange range = key_range(key, range_end);
  return range.kind != KeyRange::Kind::kBetween || range.begin < range.end;
}

raft::Result<AuthTable> AuthTable::from_rows(const std::vector<AuthRow>& rows, const AuthLimits& limits) {
  AuthTable table(limits);
  for (const auto& [key, value] : rows) {
    if (key == kAuthStateKey) {
      ASSIGN_OR_RETURN(table.state_, decode_auth_state(value));
    } else if (key.starts_with(kUserPrefix)) {
      ASSIGN_OR_RETURN(User user, decode_user(key, value));
      table.set(std::move(user));
    } else {
      ASSIGN_OR_RETURN(Role role, decode_role(key, value));
      table.set(std::move(role));
    }
  }
  table.changed_users_.clear();
  table.changed_roles_.clear();
  RETURN_IF_ERROR(table.check_loaded());
  return table;
}

/// What the questions below rely on.
raft::Result<void> AuthTable::check_loaded() const {
  for (const auto& [name, known] : roles_) {
    const std::vector<Permission>& permissions = known->role.permissions;
    const auto in_order = [](const Permission& a, const Permission& b) {
      return before(a, b.key, b.range_end);
    };
    if (std::ranges::adjacent_find(permissions, std::not_fn(in_order)) != permissions.end()) {
      return damaged("the permissions of a role are not in order");
    }
  }
  for (const auto& [name, user] : users_) {
    if (std::ranges::adjacent_find(user->roles, std::greater_equal<>()) != user->roles.end()) {
      return damaged("the roles of a user are not in order");
    }
    for (const std::string& role : user->roles) {
      if (role != kRootRole && !roles_.contains(role))
        return damaged("a user has a role that does not exist");
    }
  }
  return {};
}

const User* AuthTable::find_user(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second.get();
}

const Role* AuthTable::find_role(std::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second->role;
}

std::vector<std::string> AuthTable::users() const {
  std::vector<std::string> names;
  names.reserve(users_.size());
  for (const auto& [name, user] : users_) names.push_back(name);
  return names;
}

std::vector<std::string> AuthTable::roles() const {
  std::vector<std::string> names;
  names.reserve(roles_.size());
  for (const auto& [name, role] : roles_) names.push_back(name);
  return names;
}

AuthTable::Changed AuthTable::enable() {
  if (state_.enabled) return {};
  const User* const root = find_user(kRootUser);
  if (root == nullptr) return no(KvError::kRootUserMissing);
  if (!is_root(*root)) return no(KvError::kRootRoleMissing);
  state_.enabled = true;
  state_changed_ = true;
  return {};
}

void AuthTable::disable() {
  if (!state_.enabled) return;
  state_.enabled = false;
  move_on();
}

AuthTable::Changed AuthTable::add_user(User user) {
  if (user.name.empty()) return no(KvError::kUserEmpty);
  if (users_.contains(user.name)) return no(KvError::kUserExists);
  if (user.name.size() > limits_.name_bytes_max || users_.size() >= limits_.users_max) {
    return no(KvError::kAuthLimit);
  }
  user.roles.clear();
  if (user.no_password) user.password_hash.clear();
  if (auto fit = fits(0, auth_bytes(user)); !fit) return fit;
  set(std::move(user));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::delete_user(std::string_view name) {
  if (state_.enabled && name == kRootUser) return no(KvError::kInvalidAuthManagement);
  if (find_user(name) == nullptr) return no(KvError::kUserNotFound);
  forget_user(name);
  move_on();
  return {};
}

AuthTable::Changed AuthTable::change_password(std::string_view name, std::string password_hash) {
  const User* const known = find_user(name);
  if (known == nullptr) return no(KvError::kUserNotFound);
  User user = *known;
  if (!user.no_password) user.password_hash = std::move(password_hash);
  if (auto fit = fits(auth_bytes(*known), auth_bytes(user)); !fit) return fit;
  set(std::move(user));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::grant_role(std::string_view user, std::string_view role) {
  const User* const known = find_user(user);
  if (known == nullptr) return no(KvError::kUserNotFound);
  if (role != kRootRole && find_role(role) == nullptr) return no(KvError::kRoleNotFound);
  const auto place = std::ranges::lower_bound(known->roles, role);
  if (place != known->roles.end() && *place == role) return {};
  if (known->roles.size() >= limits_.roles_per_user_max) return no(KvError::kAuthLimit);
  User granted = *known;
  granted.roles.insert(granted.roles.begin() + (place - known->roles.begin()), std::string(role));
  if (auto fit = fits(auth_bytes(*known), auth_bytes(granted)); !fit) return fit;
  set(std::move(granted));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::revoke_role(std::string_view user, std::string_view role) {
  if (state_.enabled && user == kRootUser && role == kRootRole) return no(KvError::kInvalidAuthManagement);
  const User* const known = find_user(user);
  if (known == nullptr) return no(KvError::kUserNotFound);
  User left = *known;
  if (std::erase(left.roles, role) == 0) return no(KvError::kRoleNotGranted);
  set(std::move(left));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::add_role(std::string_view name) {
  if (name.empty()) return no(KvError::kRoleEmpty);
  if (roles_.contains(name)) return no(KvError::kRoleExists);
  if (name.size() > limits_.name_bytes_max || roles_.size() >= limits_.roles_max) {
    return no(KvError::kAuthLimit);
  }
  Role role{.name = std::string(name), .permissions = {}};
  if (auto fit = fits(0, auth_bytes(role)); !fit) return fit;
  set(std::move(role));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::delete_role(std::string_view name) {
  if (state_.enabled && name == kRootRole) return no(KvError::kInvalidAuthManagement);
  if (find_role(name) == nullptr) return no(KvError::kRoleNotFound);
  forget_role(name);
  for (const std::string& user : users()) {
    User left = *find_user(user);
    if (std::erase(left.roles, name) != 0) set(std::move(left));
  }
  move_on();
  return {};
}

AuthTable::Changed AuthTable::grant_permission(std::string_view role, const Permission& permission) {
  if (!is_valid_permission_range(permission.key, permission.range_end)) {
    return no(KvError::kInvalidAuthManagement);
  }
  const Role* const known = find_role(role);
  if (known == nullptr) return no(KvError::kRoleNotFound);
  Role granted = *known;
  const auto place = place_of(granted.permissions, permission.key, permission.range_end);
  if (is_at(granted.permissions, place, permission.key, permission.range_end)) {
    place->type = permission.type;
  } else {
    if (granted.permissions.size() >= limits_.permissions_per_role_max) return no(KvError::kAuthLimit);
    granted.permissions.insert(place, permission);
  }
  if (auto fit = fits(auth_bytes(*known), auth_bytes(granted)); !fit) return fit;
  set(std::move(granted));
  move_on();
  return {};
}

AuthTable::Changed AuthTable::revoke_permission(std::string_view role, std::string_view key,
                                                std::string_view range_end) {
  const Role* const known = find_role(role);
  if (known == nullptr) return no(KvError::kRoleNotFound);
  Role left = *known;
  const auto place = place_of(left.permissions, key, range_end);
  if (!is_at(left.permissions, place, key, range_end)) return no(KvError::kPermissionNotGranted);
  left.permissions.erase(place);
  set(std::move(left));
  move_on();
  return {};
}

std::optional<KvError> AuthTable::admit(const std::optional<Principal>& principal) const {
  if (!state_.enabled) return std::nullopt;
  if (!principal || principal->user.empty()) return KvError::kUserEmpty;
  if (principal->revision < state_.revision && !RAFT_MUTANT(kAuthRevisionIgnored))
    return KvError::kAuthOldRevision;
  return std::nullopt;
}

std::optional<KvError> AuthTable::may(const Principal& principal, PermissionType need, std::string_view key,
                                      std::string_view range_end) const {
  if (!state_.enabled) return std::nullopt;
  const User* const user = find_user(principal.user);
  if (user != nullptr && (is_root(*user) || covers(*user, need, key, range_end))) return std::nullopt;
  return KvError::kPermissionDenied;
}

std::optional<KvError> AuthTable::is_admin(const std::optional<Principal>& principal) const {
  if (!state_.enabled) return std::nullopt;
  if (!principal || principal->user.empty()) return KvError::kUserEmpty;
  const User* const user = find_user(principal->user);
  if (user == nullptr) return KvError::kUserNotFound;
  return is_root(*user) ? std::nullopt : std::optional(KvError::kPermissionDenied);
}

/// Walks from key to the range's end, each step as far as one of the user's roles reaches: so what no role
/// has whole, several may have together.
bool AuthTable::covers(const User& user, PermissionType need, std::string_view key,
                       std::string_view range_end) const {
  const KeyRange wanted = key_range(key, range_end);
  const bool write = need == PermissionType::kWrite;
  std::string_view reached = key;
  for (;;) {
    bool further = false;
    std::string_view furthest = reached;
    for (const std::string& name : user.roles) {
      const auto role = roles_.find(name);
      if (role == roles_.end()) continue;  // root, which need not exist
      KeyEnd end;
      const KeyCover& cover = write ? role->second->writable : role->second->readable;
      if (!cover.reach(reached, end)) continue;
      if (!end) return true;
      further = true;
      furthest = std::max(furthest, *end);
    }
    if (!further) return false;
    // What holds the key itself holds a range of nothing but it, and an empty one.
    if (wanted.kind == KeyRange::Kind::kOne || RAFT_MUTANT(kRangeEndUnchecked)) return true;
    if (wanted.kind == KeyRange::Kind::kBetween && furthest >= wanted.end) return true;
    reached = furthest;
  }
}

AuthTable::RowChanges AuthTable::take_row_changes() {
  RowChanges changes;
  for (const std::string& name : changed_users_) {
    const User* const user = find_user(name);
    if (user == nullptr) {
      changes.removed.push_back(user_key(name));
    } else {
      changes.put.push_back(user_row(*user));
    }
  }
  for (const std::string& name : changed_roles_) {
    const Role* const role = find_role(name);
    if (role == nullptr) {
      changes.removed.push_back(role_key(name));
    } else {
      changes.put.push_back(role_row(*role));
    }
  }
  if (state_changed_) changes.put.push_back(auth_state_row(state_));
  changed_users_.clear();
  changed_roles_.clear();
  state_changed_ = false;
  return changes;
}

AuthTable::Changed AuthTable::fits(std::size_t before, std::size_t after) const {
  if (after <= before) return {};
  if (after > limits_.entry_bytes_max || bytes_ - before + after > limits_.bytes_max) {
    return no(KvError::kAuthLimit);
  }
  return {};
}

void AuthTable::set(User user) {
  forget_user(user.name);
  bytes_ += auth_bytes(user);
  std::string name = user.name;
  users_.insert_or_assign(std::move(name), std::make_shared<const User>(std::move(user)));
}

void AuthTable::set(Role role) {
  forget_role(role.name);
  bytes_ += auth_bytes(role);
  std::string name = role.name;
  roles_.insert_or_assign(std::move(name), std::make_shared<const KnownRole>(std::move(role)));
}

void AuthTable::forget_user(std::string_view name) {
  changed_users_.emplace(name);
  const auto found = users_.find(name);
  if (found == users_.end()) return;
  bytes_ -= auth_bytes(*found->second);
  users_.erase(found);
}

void AuthTable::forget_role(std::string_view name) {
  changed_roles_.emplace(name);
  const auto found = roles_.find(name);
  if (found == roles_.end()) return;
  bytes_ -= auth_bytes(found->second->role);
  roles_.erase(found);
}

void AuthTable::move_on() {
  ++state_.revision;
  state_changed_ = true;
}

}  // namespace kv
