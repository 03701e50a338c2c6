// Every operation against every permission that it needs (contract section 9.3, B100): refused for want of
// any one of them, and then nothing has changed.
#include "libkv/machine/authorize.h"

#include <gtest/gtest.h>

#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using namespace std::string_literals;

constexpr auto kRead = PermissionType::kRead;
constexpr auto kWrite = PermissionType::kWrite;
constexpr std::int64_t kLease = 7;
constexpr std::int64_t kFreeLease = 8;
const std::string kFrom("\0", 1);

/// With root, alice who has the role `role`, and authentication on. The lease 7 has the keys lease/1 and
/// lease/2.
class Authorized : public MachineTest {
 protected:
  void SetUp() override {
    MachineTest::SetUp();
    for (const std::int64_t lease : {kLease, kFreeLease}) must(LeaseGrantOp{.lease = lease, .ttl = 60});
    for (const auto* key : {"lease/1", "lease/2"}) must(PutOp{.key = key, .value = "v", .lease = kLease});
    must(PutOp{.key = "k", .value = "v"});
    must(UserAddOp{.name = "root", .password_hash = "r"});
    must(UserGrantRoleOp{.user = "root", .role = "root"});
    must(UserAddOp{.name = "alice", .password_hash = "a"});
    must(RoleAddOp{.name = "role"});
    must(UserGrantRoleOp{.user = "alice", .role = "role"});
    must(AuthEnableOp{});
  }

  /// As root, once authentication is on.
  void must(const Operation& operation) {
    EXPECT_EQ(as("root", operation), std::nullopt) << describe(operation);
  }
  Outcome outcome_as(const std::string& user, const Operation& operation) {
    const auto table = machine_->auth();
    std::optional<Principal> principal;
    if (table->enabled() && !user.empty()) principal = {.user = user, .revision = table->revision()};
    return apply_payload(encode_command(kSelf, 1, operation, std::nullopt, principal));
  }
  std::optional<KvError> as(const std::string& user, const Operation& operation) {
    const Outcome outcome = outcome_as(user, operation);
    return outcome.result ? std::nullopt : std::optional(outcome.result.error());
  }
  /// alice's role has exactly these.
  void set_permissions(const std::vector<Permission>& permissions) {
    const std::vector<Permission> before = machine_->auth()->find_role("role")->permissions;
    for (const Permission& one : before) {
      must(RoleRevokePermissionOp{.role = "role", .key = one.key, .range_end = one.range_end});
    }
    for (const Permission& one : permissions) must(RoleGrantPermissionOp{.role = "role", .permission = one});
  }
  void expect_refused_without_a_trace(const Operation& operation) {
    const StatePoint before = machine_->state_point();
    EXPECT_EQ(as("alice", operation), KvError::kPermissionDenied) << describe(operation);
    EXPECT_EQ(machine_->state_point().hash, before.hash) << describe(operation);
  }
};

struct Case {
  std::string name;
  Operation operation;
  std::vector<Permission> needs;  ///< no two of one key and range_end
};

Compare compare_of(const std::string& key, const std::string& range_end = "") {
  return {.target = Compare::Target::kVersion, .key = key, .range_end = range_end};
}

/// The steps in a Txn inside a Txn, in the branch that is not taken.
TxnOp nested(std::vector<Op> steps) {
  TxnOp inner;
  inner.failure = std::move(steps);
  TxnOp outer;
  outer.failure.push_back(txn_op(inner));
  return outer;
}

TxnOp with_compare(Compare compare) {
  TxnOp txn;
  txn.compares.push_back(std::move(compare));
  return txn;
}

TxnOp with_success(Op step) {
  TxnOp txn;
  txn.success.push_back(std::move(step));
  return txn;
}

TxnOp with_failure(Op step) {
  TxnOp txn;
  txn.failure.push_back(std::move(step));
  return txn;
}

Op prev_put(const std::string& key) {
  return {PutOp{.key = key, .value = "v", .prev_kv = true}};
}

const std::vector<Permission> kLeaseKeys{{kWrite, "lease/1", ""}, {kWrite, "lease/2", ""}};

std::vector<Permission> and_lease_keys(std::vector<Permission> permissions) {
  permissions.insert(permissions.end(), kLeaseKeys.begin(), kLeaseKeys.end());
  return permissions;
}

std::vector<Case> cases() {
  const Permission writes_k{kWrite, "k", ""};
  const Permission both_k{PermissionType::kReadWrite, "k", ""};
  return {
      {"put", PutOp{.key = "k", .value = "v"}, {writes_k}},
      {"put that ignores", PutOp{.key = "k", .value = "", .ignore_value = true}, {writes_k}},
      {"put on a lease", PutOp{.key = "k", .value = "v", .lease = kLease}, and_lease_keys({writes_k})},
      {"put on a lease without keys", PutOp{.key = "k", .value = "v", .lease = kFreeLease}, {writes_k}},
      {"delete", DeleteRangeOp{.key = "k"}, {writes_k}},
      {"delete of a range",
       DeleteRangeOp{.key = "a", .range_end = "c"},
       {{kWrite, "a", "b"}, {kWrite, "b", "c"}}},
      {"delete from on", DeleteRangeOp{.key = "x", .range_end = kFrom}, {{kWrite, "x", kFrom}}},
      {"lease revoke", LeaseRevokeOp{.lease = kLease}, kLeaseKeys},
      {"compare", with_compare(compare_of("k")), {{kRead, "k", ""}}},
      {"compare of a range", with_compare(compare_of("a", "c")), {{kRead, "a", "b"}, {kRead, "b", "c"}}},
      {"compare in a nested txn", with_success(txn_op(with_compare(compare_of("k")))), {{kRead, "k", ""}}},
      {"range in a txn", with_success(range_op("a", "c")), {{kRead, "a", "b"}, {kRead, "b", "c"}}},
      {"range in the other branch", with_failure(range_op("k")), {{kRead, "k", ""}}},
      {"put in a txn", with_success(put_op("k")), {writes_k}},
      {"put in the other branch", with_failure(put_op("k")), {writes_k}},
      {"delete in a txn", with_success(delete_op("a", "b")), {{kWrite, "a", "b"}}},
      {"nested range", nested({range_op("k")}), {{kRead, "k", ""}}},
      {"nested put", nested({put_op("k")}), {writes_k}},
      {"nested delete", nested({delete_op("k")}), {writes_k}},
      {"nested put with prev_kv", nested({prev_put("k")}), {both_k}},
      {"put on a lease in a txn", with_success({PutOp{.key = "k", .value = "v", .lease = kLease}}),
       and_lease_keys({writes_k})},
      {"nested put on a lease", nested({{PutOp{.key = "k", .value = "v", .lease = kLease}}}),
       and_lease_keys({writes_k})},
      {"several steps",
       nested({put_op("a"), range_op("b"), delete_op("c")}),
       {{kWrite, "a", ""}, {kRead, "b", ""}, {kWrite, "c", ""}}},
  };
}

TEST_F(Authorized, EveryOperationNeedsEachOfItsPermissions) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    for (std::size_t missing = 0; missing < one.needs.size(); ++missing) {
      std::vector<Permission> granted = one.needs;
      granted.erase(granted.begin() + static_cast<std::ptrdiff_t>(missing));
      set_permissions(granted);
      expect_refused_without_a_trace(one.operation);
      // The wrong kind is no better.
      Permission wrong = one.needs[missing];
      wrong.type = wrong.type == kRead ? kWrite : kRead;
      granted.push_back(wrong);
      set_permissions(granted);
      expect_refused_without_a_trace(one.operation);
    }
  }
}

TEST_F(Authorized, EveryOperationPassesWithJustItsPermissions) {
  // The revoke last: it takes the lease's keys along.
  std::vector<Case> all = cases();
  std::ranges::stable_partition(
      all, [](const Case& one) { return !std::holds_alternative<LeaseRevokeOp>(one.operation); });
  for (const Case& one : all) {
    SCOPED_TRACE(one.name);
    set_permissions(one.needs);
    EXPECT_EQ(as("alice", one.operation), std::nullopt);
    must(PutOp{.key = "k", .value = "v"});
  }
}

TEST_F(Authorized, PrevKvReadsWhatItTells) {
  set_permissions({{kWrite, "k", ""}, {kWrite, "a", "c"}});
  const std::vector<Operation> telling{
      PutOp{.key = "k", .value = "v", .prev_kv = true},
      DeleteRangeOp{.key = "k", .prev_kv = true},
      DeleteRangeOp{.key = "a", .range_end = "c", .prev_kv = true},
      with_success(prev_put("k")),
      with_failure({DeleteRangeOp{.key = "k", .prev_kv = true}}),
      nested({{DeleteRangeOp{.key = "a", .range_end = "c", .prev_kv = true}}})};
  for (const Operation& operation : telling) expect_refused_without_a_trace(operation);
  set_permissions({{PermissionType::kReadWrite, "k", ""}, {PermissionType::kReadWrite, "a", "c"}});
  for (const Operation& operation : telling) {
    EXPECT_EQ(as("alice", operation), std::nullopt) << describe(operation);
    must(PutOp{.key = "k", .value = "v"});
  }
}

TEST_F(Authorized, ANestedTxnIsLookedAtHoweverDeep) {
  TxnOp txn = with_success(put_op("secret"));
  for (int depth = 0; depth < 50; ++depth) txn = depth % 2 == 0 ? with_success({txn}) : with_failure({txn});
  set_permissions({{PermissionType::kReadWrite, "a", "m"}});
  expect_refused_without_a_trace(txn);
}

TEST_F(Authorized, AnOpenEndIsMoreThanAnyRange) {
  set_permissions({{PermissionType::kReadWrite, "k", ""}, {PermissionType::kReadWrite, "l", "\xff\xff"}});
  expect_refused_without_a_trace(DeleteRangeOp{.key = "k", .range_end = kFrom});
  expect_refused_without_a_trace(DeleteRangeOp{.key = "l", .range_end = kFrom});
  expect_refused_without_a_trace(with_compare(compare_of("l", kFrom)));
  expect_refused_without_a_trace(with_success(range_op("l", kFrom)));
}

/// What a client may ask for, and what only an administrator may.
std::vector<Operation> of_clients() {
  return {PutOp{.key = "k", .value = "v"}, DeleteRangeOp{.key = "k"}, TxnOp{},
          LeaseGrantOp{.lease = 99, .ttl = 60}, LeaseRevokeOp{.lease = kFreeLease}};
}

std::vector<Operation> of_administrators() {
  return {AuthEnableOp{},
          UserAddOp{.name = "bob"},
          UserChangePasswordOp{.name = "bob", .password_hash = "b"},
          UserGrantRoleOp{.user = "bob", .role = "role"},
          UserRevokeRoleOp{.user = "bob", .role = "role"},
          UserDeleteOp{.name = "bob"},
          RoleAddOp{.name = "more"},
          RoleGrantPermissionOp{.role = "more", .permission = {kRead, "a", ""}},
          RoleRevokePermissionOp{.role = "more", .key = "a", .range_end = ""},
          RoleDeleteOp{.name = "more"},
          AuthDisableOp{}};
}

std::vector<Operation> of_members() {
  return {CompactOp{.revision = 2},
          AlarmOp{.alarm = {.member = kSelf}},
          AlarmOp{.deactivate = true, .alarm = {.member = kSelf}},
          PublishMemberOp{.member = raft::NodeId(9), .name = "n", .client_urls = {}},
          AddMemberOp{.member = {.id = raft::NodeId(9), .peer_urls = {"http://a:1"}}},
          UpdateMemberOp{.member = raft::NodeId(9), .peer_urls = {"http://a:2"}},
          AddMemberOp{.member = {.id = raft::NodeId(10), .peer_urls = {"http://a:3"}}},
          RemoveMemberOp{.member = raft::NodeId(10)},
          LeaseExpireOp{.lease = kLease, .term = raft::Term(3)},
          LeaseCheckpointOp{.term = raft::Term(3), .leases = {}},
          RaiseVersionOp{.version = 1, .members = {}}};
}

TEST_F(Authorized, WithoutAUserNothingThatClientsAskForPasses) {
  for (const Operation& operation : of_clients()) EXPECT_EQ(as("", operation), KvError::kUserEmpty);
  for (const Operation& operation : of_administrators()) EXPECT_EQ(as("", operation), KvError::kUserEmpty);
}

TEST_F(Authorized, OnlyRootChangesUsersAndRoles) {
  set_permissions({{PermissionType::kReadWrite, kFrom, kFrom}});
  for (const Operation& operation : of_administrators()) expect_refused_without_a_trace(operation);
  for (const Operation& operation : of_administrators()) {
    EXPECT_EQ(as("root", operation), std::nullopt) << describe(operation);
  }
}

TEST_F(Authorized, WhatMembersProposeNeedsNobodyAndForAUserRoot) {
  set_permissions({{PermissionType::kReadWrite, kFrom, kFrom}});
  for (const Operation& operation : of_members()) expect_refused_without_a_trace(operation);
  for (const Operation& operation : of_members()) {
    EXPECT_EQ(as("", operation), std::nullopt) << describe(operation);
  }
}

TEST_F(Authorized, AnyUserIsGrantedLeasesAndRevokesThoseWithoutKeys) {
  EXPECT_EQ(as("alice", LeaseGrantOp{.lease = 99, .ttl = 60}), std::nullopt);
  EXPECT_EQ(as("alice", LeaseRevokeOp{.lease = 99}), std::nullopt);
  EXPECT_EQ(as("alice", LeaseRevokeOp{.lease = 99}), KvError::kLeaseNotFound);
  EXPECT_EQ(as("alice", TxnOp{}), std::nullopt) << "nothing asked, nothing needed";
}

TEST_F(Authorized, KeysOfALeaseAreListedForWhoReadsThemAll) {
  const auto may = [this] {
    return may_list_lease(*machine_->auth(), {.user = "alice"}, kLease, machine_->leases().table());
  };
  set_permissions({{kRead, "lease/1", ""}, {kWrite, "lease/2", ""}});
  EXPECT_EQ(may(), KvError::kPermissionDenied);
  set_permissions({{kRead, "lease/1", ""}, {kRead, "lease/2", ""}});
  EXPECT_EQ(may(), std::nullopt);
}

TEST_F(Authorized, EverythingPassesOnceAuthenticationIsOffAgain) {
  must(AuthDisableOp{});
  for (const Operation& operation : of_clients()) EXPECT_EQ(as("", operation), std::nullopt);
}

}  // namespace
}  // namespace kv
