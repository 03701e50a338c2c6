// What changes of users and roles do, what they refuse and in which order: as Debian's etcd and its sources
// have it (contract section 9).
#include "libkv/auth/auth_table.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using namespace std::string_literals;

constexpr auto kRead = PermissionType::kRead;
constexpr auto kBoth = PermissionType::kReadWrite;

std::optional<KvError> refusal(const AuthTable::Changed& changed) {
  return changed ? std::nullopt : std::optional(changed.error());
}

class AuthChanges : public ::testing::Test {
 protected:
  AuthChanges() {
    must(table_.add_user({.name = "root", .password_hash = "r"}));
    must(table_.grant_role("root", "root"));
    must(table_.add_user({.name = "alice", .password_hash = "a"}));
    must(table_.add_role("reader"));
  }
  static void must(const AuthTable::Changed& changed) { ASSERT_TRUE(changed); }
  void enable() { must(table_.enable()); }

  /// By how much the revision moves.
  template <class Change>
  std::uint64_t moves(const Change& change) {
    const std::uint64_t before = table_.revision();
    change();
    return table_.revision() - before;
  }

  AuthTable table_;
};

TEST_F(AuthChanges, TheRevisionBeginsAtOneAndMovesWithEveryChange) {
  EXPECT_EQ(AuthTable().revision(), 1U);
  EXPECT_EQ(table_.revision(), 5U);
  EXPECT_EQ(moves([this] { must(table_.add_user({.name = "bob"})); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.change_password("bob", "b")); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.grant_role("bob", "reader")); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.revoke_role("bob", "reader")); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.delete_user("bob")); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.grant_permission("reader", {kRead, "a", ""})); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.revoke_permission("reader", "a", "")); }), 1U);
  EXPECT_EQ(moves([this] { must(table_.delete_role("reader")); }), 1U);
}

TEST_F(AuthChanges, EnablingAndWhatIsSoAlreadyDoNotMoveTheRevision) {
  EXPECT_EQ(moves([this] { table_.disable(); }), 0U);
  EXPECT_EQ(moves([this] { enable(); }), 0U);
  EXPECT_EQ(moves([this] { enable(); }), 0U);
  EXPECT_EQ(moves([this] { must(table_.grant_role("root", "root")); }), 0U);
  EXPECT_EQ(moves([this] { table_.disable(); }), 1U);
}

TEST_F(AuthChanges, ARefusalChangesNothing) {
  EXPECT_EQ(moves([this] { EXPECT_FALSE(table_.add_user({.name = "alice"})); }), 0U);
  EXPECT_EQ(table_.find_user("alice")->password_hash, "a");
  static_cast<void>(table_.take_row_changes());
  EXPECT_FALSE(table_.delete_role("none"));
  EXPECT_TRUE(table_.take_row_changes().put.empty());
}

TEST(AuthTable, IsEnabledOnlyWithARootThatIsRoot) {
  AuthTable table;
  EXPECT_EQ(refusal(table.enable()), KvError::kRootUserMissing);
  ASSERT_TRUE(table.add_user({.name = "root"}));
  EXPECT_EQ(refusal(table.enable()), KvError::kRootRoleMissing);
  ASSERT_TRUE(table.grant_role("root", "root")) << "the role need not exist";
  EXPECT_EQ(refusal(table.enable()), std::nullopt);
  EXPECT_TRUE(table.enabled());
}

TEST_F(AuthChanges, RootStaysRootWhileAuthenticationIsOn) {
  must(table_.add_role("root"));
  enable();
  EXPECT_EQ(refusal(table_.delete_user("root")), KvError::kInvalidAuthManagement);
  EXPECT_EQ(refusal(table_.delete_role("root")), KvError::kInvalidAuthManagement);
  EXPECT_EQ(refusal(table_.revoke_role("root", "root")), KvError::kInvalidAuthManagement);
  table_.disable();
  EXPECT_EQ(refusal(table_.delete_role("root")), std::nullopt);
  EXPECT_TRUE(table_.find_user("root")->roles.empty());
  EXPECT_EQ(refusal(table_.delete_user("root")), std::nullopt);
}

TEST_F(AuthChanges, RefusalsOfUsers) {
  EXPECT_EQ(refusal(table_.add_user({.name = ""})), KvError::kUserEmpty);
  EXPECT_EQ(refusal(table_.add_user({.name = "alice"})), KvError::kUserExists);
  EXPECT_EQ(refusal(table_.delete_user("none")), KvError::kUserNotFound);
  EXPECT_EQ(refusal(table_.change_password("none", "")), KvError::kUserNotFound);
  EXPECT_EQ(refusal(table_.grant_role("none", "none")), KvError::kUserNotFound);
  EXPECT_EQ(refusal(table_.grant_role("alice", "none")), KvError::kRoleNotFound);
  EXPECT_EQ(refusal(table_.revoke_role("none", "reader")), KvError::kUserNotFound);
  EXPECT_EQ(refusal(table_.revoke_role("alice", "reader")), KvError::kRoleNotGranted);
  EXPECT_EQ(refusal(table_.revoke_role("alice", "none")), KvError::kRoleNotGranted);
}

TEST_F(AuthChanges, RefusalsOfRoles) {
  EXPECT_EQ(refusal(table_.add_role("")), KvError::kRoleEmpty);
  EXPECT_EQ(refusal(table_.add_role("reader")), KvError::kRoleExists);
  EXPECT_EQ(refusal(table_.delete_role("none")), KvError::kRoleNotFound);
  EXPECT_EQ(refusal(table_.grant_permission("none", {kRead, "b", "a"})), KvError::kInvalidAuthManagement);
  EXPECT_EQ(refusal(table_.grant_permission("none", {kRead, "a", "b"})), KvError::kRoleNotFound);
  EXPECT_EQ(refusal(table_.revoke_permission("none", "a", "")), KvError::kRoleNotFound);
  EXPECT_EQ(refusal(table_.revoke_permission("reader", "a", "")), KvError::kPermissionNotGranted);
}

TEST_F(AuthChanges, APermissionNeedsAKeyAndSomeKeys) {
  for (const auto& [key, end] :
       {std::pair{""s, ""s}, {""s, "\0"s}, {""s, "b"s}, {"b"s, "a"s}, {"b"s, "b"s}}) {
    EXPECT_EQ(refusal(table_.grant_permission("reader", {kRead, key, end})), KvError::kInvalidAuthManagement);
  }
  for (const auto& [key, end] : {std::pair{"a"s, ""s}, {"a"s, "\0"s}, {"a"s, "a\0"s}, {"\0"s, "\0"s}}) {
    EXPECT_EQ(refusal(table_.grant_permission("reader", {kRead, key, end})), std::nullopt);
  }
}

TEST_F(AuthChanges, GrantingTheSameRangeAgainReplacesItsType) {
  for (const auto& end : {"\0"s, "c"s, ""s, "b"s}) must(table_.grant_permission("reader", {kRead, "a", end}));
  must(table_.grant_permission("reader", {kBoth, "a", "b"}));
  const std::vector<Permission> expected{
      {kRead, "a", ""}, {kRead, "a", "\0"s}, {kBoth, "a", "b"}, {kRead, "a", "c"}};
  EXPECT_EQ(table_.find_role("reader")->permissions, expected);
  must(table_.revoke_permission("reader", "a", "\0"s));
  EXPECT_EQ(table_.find_role("reader")->permissions.size(), 3U);
}

TEST_F(AuthChanges, ARoleThatIsDeletedIsTakenFromAllUsers) {
  must(table_.grant_role("alice", "reader"));
  must(table_.grant_role("root", "reader"));
  must(table_.delete_role("reader"));
  EXPECT_TRUE(table_.find_user("alice")->roles.empty());
  EXPECT_EQ(table_.find_user("root")->roles, std::vector<std::string>{"root"});
  must(table_.add_role("reader"));
  EXPECT_TRUE(table_.find_user("alice")->roles.empty()) << "a new role of that name is another";
}

TEST_F(AuthChanges, AUserWithoutPasswordNeverGetsOne) {
  must(table_.add_user({.name = "cn", .password_hash = "x", .no_password = true}));
  must(table_.change_password("cn", "y"));
  EXPECT_EQ(*table_.find_user("cn"), (User{.name = "cn", .no_password = true}));
}

TEST_F(AuthChanges, RolesOfAUserAreSorted) {
  for (const auto* role : {"z", "b", "m"}) {
    must(table_.add_role(role));
    must(table_.grant_role("alice", role));
  }
  EXPECT_EQ(table_.find_user("alice")->roles, (std::vector<std::string>{"b", "m", "z"}));
  EXPECT_EQ(table_.users(), (std::vector<std::string>{"alice", "root"}));
  EXPECT_EQ(table_.roles(), (std::vector<std::string>{"b", "m", "reader", "z"}));
}

TEST_F(AuthChanges, ACopyKeepsWhatItSaw) {
  const AuthTable before = table_;
  must(table_.grant_role("alice", "reader"));
  must(table_.delete_user("alice"));
  ASSERT_NE(before.find_user("alice"), nullptr);
  EXPECT_TRUE(before.find_user("alice")->roles.empty());
}

/// The table that the rows of a state give, after every change.
TEST_F(AuthChanges, RowsFollowTheTable) {
  std::map<std::string, std::string> rows;
  const auto reload = [&] {
    const auto changes = table_.take_row_changes();
    for (const auto& key : changes.removed) EXPECT_EQ(rows.erase(key), 1U) << key;
    for (const auto& [key, value] : changes.put) rows[key] = value;
    auto loaded = AuthTable::from_rows({rows.begin(), rows.end()});
    EXPECT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(loaded->revision(), table_.revision());
    EXPECT_EQ(loaded->enabled(), table_.enabled());
    EXPECT_EQ(loaded->users(), table_.users());
    EXPECT_EQ(loaded->roles(), table_.roles());
    for (const auto& name : table_.users()) EXPECT_EQ(*loaded->find_user(name), *table_.find_user(name));
    for (const auto& name : table_.roles()) EXPECT_EQ(*loaded->find_role(name), *table_.find_role(name));
    EXPECT_TRUE(loaded->take_row_changes().put.empty());
  };
  reload();
  must(table_.grant_role("alice", "reader"));
  must(table_.grant_permission("reader", {kBoth, "a", "z"}));
  enable();
  reload();
  must(table_.delete_role("reader"));
  must(table_.delete_user("alice"));
  reload();
  table_.disable();
  reload();
}

TEST(AuthTable, AStateThatNobodyChangedHasNoRows) {
  AuthTable table;
  EXPECT_TRUE(table.take_row_changes().put.empty());
  EXPECT_FALSE(AuthTable::from_rows({})->enabled());
}

TEST(AuthTable, RowsThatContradictEachOtherAreDamage) {
  const User ghost{.name = "alice", .password_hash = "", .no_password = false, .roles = {"ghost"}};
  EXPECT_FALSE(AuthTable::from_rows({user_row(ghost)}));
  const User disorder{.name = "alice", .password_hash = "", .no_password = false, .roles = {"root", "root"}};
  EXPECT_FALSE(AuthTable::from_rows({user_row(disorder)}));
  const Role role{.name = "r", .permissions = {{kRead, "b", ""}, {kRead, "a", ""}}};
  EXPECT_FALSE(AuthTable::from_rows({role_row(role)}));
}

/// Room for a little of everything.
const AuthLimits kTight{.name_bytes_max = 4,
                        .users_max = 2,
                        .roles_max = 2,
                        .roles_per_user_max = 1,
                        .permissions_per_role_max = 2,
                        .entry_bytes_max = 200,
                        .bytes_max = 300};

TEST(AuthLimits, EachIsHeldAndTold) {
  AuthTable table(kTight);
  EXPECT_EQ(refusal(table.add_user({.name = "alice"})), KvError::kAuthLimit);
  EXPECT_EQ(refusal(table.add_role("readr")), KvError::kAuthLimit);
  for (const auto* name : {"a", "b"}) {
    ASSERT_TRUE(table.add_user({.name = name}));
    ASSERT_TRUE(table.add_role(name));
  }
  EXPECT_EQ(refusal(table.add_user({.name = "c"})), KvError::kAuthLimit);
  EXPECT_EQ(refusal(table.add_role("c")), KvError::kAuthLimit);
  ASSERT_TRUE(table.grant_role("a", "a"));
  EXPECT_EQ(refusal(table.grant_role("a", "b")), KvError::kAuthLimit);
  EXPECT_EQ(refusal(table.grant_permission("a", {kRead, std::string(200, 'k'), ""})), KvError::kAuthLimit);
  ASSERT_TRUE(table.grant_permission("a", {kRead, "k", ""}));
  ASSERT_TRUE(table.grant_permission("a", {kRead, "l", ""}));
  EXPECT_EQ(refusal(table.grant_permission("a", {kRead, "m", ""})), KvError::kAuthLimit);
  ASSERT_TRUE(table.grant_permission("a", {kBoth, "k", ""})) << "no more than there were";
  EXPECT_EQ(refusal(table.grant_permission("b", {kRead, std::string(100, 'k'), ""})), KvError::kAuthLimit)
      << "all together";
  ASSERT_TRUE(table.delete_role("a"));
  ASSERT_TRUE(table.grant_permission("b", {kRead, std::string(100, 'k'), ""}));
}

}  // namespace
}  // namespace kv
