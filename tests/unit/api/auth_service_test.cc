// etcdserverpb.Auth and what the other services refuse, through the real rpc stack (contract section 9).
#include "libkv/api/proto/election.pb.h"
#include "libkv/api/proto/lock.pb.h"
#include "tests/unit/api/auth_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;
using rpc::Metadata;
using rpc::Status;

const Status kDenied{Code::kPermissionDenied, "etcdserver: permission denied"};
const Status kEmpty{Code::kInvalidArgument, "etcdserver: user name is empty"};
const Status kFailed{Code::kInvalidArgument,
                     "etcdserver: authentication failed, invalid user ID or password"};
const Status kBadToken{Code::kUnauthenticated, "etcdserver: invalid auth token"};

class AuthService : public AuthTest {
 protected:
  Status get(const std::string& key, const Metadata& metadata) {
    return refusal("/etcdserverpb.KV/Range", range(key), metadata);
  }
  Status put_as(const std::string& key, const Metadata& metadata, std::int64_t lease = 0,
                bool prev_kv = false) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value("v");
    request.set_lease(lease);
    request.set_prev_kv(prev_kv);
    return refusal("/etcdserverpb.KV/Put", request, metadata);
  }
  template <class Response, class Request>
  Response ask(const std::string& method, const Request& request, const Metadata& metadata) {
    const rpc::UnaryResult result = raw(method, request.SerializeAsString(), metadata);
    EXPECT_EQ(result.status, Status{}) << method;
    Response response;
    EXPECT_TRUE(response.ParseFromString(result.response));
    return response;
  }
};

TEST_F(AuthService, NobodyIsAskedWhileItIsOff) {
  EXPECT_EQ(get("k", {}), Status{});
  EXPECT_EQ(get("k", {{"token", "nonsense"}}), Status{});
  EXPECT_EQ(authenticate("root", "secret").status,
            (Status{Code::kFailedPrecondition, "etcdserver: authentication is not enabled"}));
}

TEST_F(AuthService, ATokenIsWhoOneIs) {
  enable();
  EXPECT_EQ(get("a/1", {}), kEmpty);
  const std::string token = token_of("alice", "wonder");
  for (const Metadata& metadata : {Metadata{{"token", token}}, Metadata{{"authorization", token}},
                                   Metadata{{"authorization", "Bearer " + token}}}) {
    EXPECT_EQ(put_as("a/1", metadata), Status{});
    EXPECT_EQ(get("a/1", metadata), Status{});
    EXPECT_EQ(get("b", metadata), kDenied);
    EXPECT_EQ(put_as("b", metadata), kDenied);
  }
  EXPECT_EQ(put_as("b", as("root")), Status{});
}

TEST_F(AuthService, ATokenThatNobodyHasIsRefusedWhateverItLooksLike) {
  enable();
  const std::string known = token_of("alice", "wonder");
  const std::string letters = known.substr(0, 16);
  for (const std::string& token :
       {std::string(), std::string("x"), std::string(1 << 13, 'x'), letters, letters + ".", letters + ".0",
        letters + ".1", "Bearer " + known, known + ".1"}) {
    EXPECT_EQ(get("a/1", {{"token", token}}), token.starts_with("Bearer ") ? Status{} : kBadToken) << token;
  }
  EXPECT_EQ(get("a/1", {{"token", known}}), Status{});
}

TEST_F(AuthService, AWrongRequestIsWrongWhoeverMakesIt) {
  enable();
  EXPECT_EQ(refusal("/etcdserverpb.KV/Put", etcdserverpb::PutRequest()).message,
            "etcdserver: key is not provided");
}

TEST_F(AuthService, WrongPasswordsAndUsersAreTheSame) {
  enable();
  EXPECT_EQ(authenticate("alice", "wrong").status, kFailed);
  EXPECT_EQ(authenticate("nobody", "wonder").status, kFailed);
  EXPECT_EQ(authenticate("alice", std::string("wonder\0x", 8)).status, kFailed);
  EXPECT_EQ(authenticate("", "").status, kFailed);
}

TEST_F(AuthService, GuessingIsHeldBack) {
  enable();
  int refused = 0;
  for (int i = 0; i < 12; ++i) refused += authenticate("alice", "guess").status == kFailed ? 0 : 1;
  EXPECT_GT(refused, 0);
  EXPECT_EQ(authenticate("alice", "wonder").status.message, "etcdserver: too many requests");
  EXPECT_TRUE(authenticate("root", "secret").status.ok()) << "others are not held back";
}

TEST_F(AuthService, AUserWithoutPasswordHasNoToken) {
  etcdserverpb::AuthUserAddRequest request;
  request.set_name("machine");
  request.mutable_options()->set_no_password(true);
  expect_ok("UserAdd", request);
  enable();
  EXPECT_EQ(authenticate("machine", "").status,
            (Status{Code::kUnknown, "auth: authentication failed, password was given for no password user"}));
}

TEST_F(AuthService, PasswordsThatWouldBeCutAreRefused) {
  etcdserverpb::AuthUserAddRequest request;
  request.set_name("long");
  request.set_password(std::string(73, 'x'));
  EXPECT_EQ(refusal("/etcdserverpb.Auth/UserAdd", request),
            (Status{Code::kUnknown, "bcrypt: password length exceeds 72 bytes"}));
  request.set_password(std::string("a\0b", 3));
  EXPECT_EQ(refusal("/etcdserverpb.Auth/UserAdd", request).code, Code::kInvalidArgument);
}

TEST_F(AuthService, TokensEndWithThePasswordTheUserAndAuthentication) {
  enable();
  const Metadata root = as("root");
  Metadata alice = as("alice");
  etcdserverpb::AuthUserChangePasswordRequest change;
  change.set_name("alice");
  change.set_password("land");
  expect_ok("UserChangePassword", change, root);
  EXPECT_EQ(get("a/1", alice), kBadToken);
  EXPECT_EQ(authenticate("alice", "wonder").status, kFailed);
  alice = {{"token", token_of("alice", "land")}};
  EXPECT_EQ(get("a/1", alice), Status{});
  etcdserverpb::AuthUserDeleteRequest gone;
  gone.set_name("alice");
  expect_ok("UserDelete", gone, root);
  EXPECT_EQ(get("a/1", alice), kBadToken);
  expect_ok("AuthDisable", etcdserverpb::AuthDisableRequest(), root);
  enable();
  EXPECT_EQ(get("a/1", root), kBadToken);
}

TEST_F(AuthService, ATokenOutlivesChangesOfRoles) {
  enable();
  const Metadata root = as("root");
  const Metadata alice = as("alice");
  EXPECT_EQ(get("b", alice), kDenied);
  grant("half", "b", "", authpb::Permission::READ, root);
  EXPECT_EQ(get("b", alice), Status{});
  EXPECT_EQ(put_as("b", alice), kDenied);
}

TEST_F(AuthService, UsersAndRolesAreShown) {
  enable();
  const Metadata root = as("root");
  const Metadata alice = as("alice");
  const auto users = ask<etcdserverpb::AuthUserListResponse>("/etcdserverpb.Auth/UserList",
                                                             etcdserverpb::AuthUserListRequest(), root);
  ASSERT_EQ(users.users_size(), 2);
  EXPECT_EQ(users.users(0), "alice");
  EXPECT_EQ(users.header().member_id(), 7U);
  const auto roles = ask<etcdserverpb::AuthRoleListResponse>("/etcdserverpb.Auth/RoleList",
                                                             etcdserverpb::AuthRoleListRequest(), root);
  ASSERT_EQ(roles.roles_size(), 1);
  etcdserverpb::AuthUserGetRequest user;
  user.set_name("alice");
  EXPECT_EQ(ask<etcdserverpb::AuthUserGetResponse>("/etcdserverpb.Auth/UserGet", user, alice).roles(0),
            "half");
  user.set_name("root");
  EXPECT_EQ(refusal("/etcdserverpb.Auth/UserGet", user, alice), kDenied);
  user.set_name("none");
  EXPECT_EQ(refusal("/etcdserverpb.Auth/UserGet", user, root).message, "etcdserver: user name not found");
  etcdserverpb::AuthRoleGetRequest role;
  role.set_role("half");
  const auto half = ask<etcdserverpb::AuthRoleGetResponse>("/etcdserverpb.Auth/RoleGet", role, alice);
  ASSERT_EQ(half.perm_size(), 1);
  EXPECT_EQ(half.perm(0).key(), "a/");
  EXPECT_EQ(half.perm(0).range_end(), "a0");
  EXPECT_EQ(half.perm(0).permtype(), authpb::Permission::READWRITE);
  role.set_role("root");
  EXPECT_EQ(refusal("/etcdserverpb.Auth/RoleGet", role, alice), kDenied);
  EXPECT_EQ(refusal("/etcdserverpb.Auth/RoleGet", role, root).message, "etcdserver: role name not found");
  const auto status = ask<etcdserverpb::AuthStatusResponse>("/etcdserverpb.Auth/AuthStatus",
                                                            etcdserverpb::AuthStatusRequest(), root);
  EXPECT_TRUE(status.enabled());
  EXPECT_EQ(status.authrevision(), 7U) << "two users, a role, a permission, two grants";
}

TEST_F(AuthService, APermissionMustBeOne) {
  etcdserverpb::AuthRoleGrantPermissionRequest request;
  request.set_name("half");
  EXPECT_EQ(refusal("/etcdserverpb.Auth/RoleGrantPermission", request),
            (Status{Code::kInvalidArgument, "etcdserver: permission not given"}));
  request.mutable_perm()->set_key("k");
  request.mutable_perm()->set_permtype(static_cast<authpb::Permission::Type>(9));
  EXPECT_EQ(refusal("/etcdserverpb.Auth/RoleGrantPermission", request),
            (Status{Code::kInvalidArgument, "etcdserver: invalid auth management"}));
  enable();
  EXPECT_EQ(refusal("/etcdserverpb.Auth/RoleGrantPermission", request, as("alice")), kDenied);
}

TEST_F(AuthService, PrevKvAndComparesAreReads) {
  enable();
  const Metadata root = as("root");
  grant("half", "w", "", authpb::Permission::WRITE, root);
  const Metadata alice = as("alice");
  EXPECT_EQ(put_as("w", alice), Status{});
  EXPECT_EQ(put_as("w", alice, 0, true), kDenied);
  etcdserverpb::TxnRequest txn;
  txn.add_compare()->set_key("w");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Txn", txn, alice), kDenied);
  txn.clear_compare();
  auto& nested = *txn.add_success()->mutable_request_txn();
  nested.add_failure()->mutable_request_range()->set_key("secret");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Txn", txn, alice), kDenied);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Txn", txn, root), Status{});
}

TEST_F(AuthService, SerializableReadsAreChecked) {
  enable();
  auto request = range("b");
  request.set_serializable(true);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", request), kEmpty);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", request, as("alice")), kDenied);
  EXPECT_EQ(stream_status("/etcdserverpb.KV/RangeStream", request.SerializeAsString(), as("alice")), kDenied);
  EXPECT_EQ(stream_status("/etcdserverpb.KV/RangeStream", range("a/1").SerializeAsString(), as("alice")),
            Status{});
}

TEST_F(AuthService, WatchesAreRefusedInTheirTurn) {
  enable();
  const Metadata alice = as("alice");
  etcdserverpb::WatchRequest create;
  create.mutable_create_request()->set_key("a/1");
  EXPECT_EQ(watch_refusal(create, alice), Status{});
  create.mutable_create_request()->set_range_end(std::string(1, '\0'));
  EXPECT_EQ(watch_refusal(create, alice), kDenied) << "all keys from a/1 on";
  create.mutable_create_request()->set_key("");
  EXPECT_EQ(watch_refusal(create, as("root")), Status{});
  EXPECT_EQ(watch_refusal(create, {{"token", "x"}}), kBadToken);
  EXPECT_EQ(watch_refusal(create), kEmpty);
}

TEST_F(AuthService, LeasesAreWhatHangsOnThem) {
  enable();
  const Metadata root = as("root");
  const Metadata alice = as("alice");
  for (const std::int64_t id : {1, 2}) {
    etcdserverpb::LeaseGrantRequest grant_lease;
    grant_lease.set_id(id);
    grant_lease.set_ttl(60);
    EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseGrant", grant_lease, alice), Status{});
  }
  EXPECT_EQ(put_as("secret", root, 1), Status{});
  EXPECT_EQ(put_as("a/1", alice, 1), kDenied) << "what it does to the lease, it does to the secret";
  EXPECT_EQ(put_as("a/1", alice, 2), Status{});
  etcdserverpb::LeaseTimeToLiveRequest left;
  left.set_id(1);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseTimeToLive", left, alice), Status{});
  left.set_keys(true);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseTimeToLive", left, alice), kDenied);
  left.set_id(2);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseTimeToLive", left, alice), Status{});
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseLeases", etcdserverpb::LeaseLeasesRequest(), alice), kDenied);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseLeases", etcdserverpb::LeaseLeasesRequest(), root), Status{});
  etcdserverpb::LeaseKeepAliveRequest keep;
  keep.set_id(1);
  EXPECT_EQ(stream_status("/etcdserverpb.Lease/LeaseKeepAlive", keep.SerializeAsString(), alice), kDenied);
  keep.set_id(2);
  EXPECT_EQ(stream_status("/etcdserverpb.Lease/LeaseKeepAlive", keep.SerializeAsString(), alice), Status{});
  etcdserverpb::LeaseRevokeRequest revoke;
  revoke.set_id(1);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseRevoke", revoke, alice), kDenied);
  revoke.set_id(2);
  EXPECT_EQ(refusal("/etcdserverpb.Lease/LeaseRevoke", revoke, alice), Status{});
}

TEST_F(AuthService, LocksAndElectionsAreKeys) {
  enable();
  const Metadata alice = as("alice");
  v3lockpb::LockRequest lock;
  lock.set_name("a/lock");
  EXPECT_EQ(stream_status("/v3lockpb.Lock/Lock", lock.SerializeAsString(), alice), Status{});
  lock.set_name("b");
  const Status denied{Code::kUnknown, "etcdserver: permission denied"};
  EXPECT_EQ(stream_status("/v3lockpb.Lock/Lock", lock.SerializeAsString(), alice), denied);
  v3electionpb::LeaderRequest leader;
  leader.set_name("b");
  EXPECT_EQ(refusal("/v3electionpb.Election/Leader", leader, alice), denied);
  EXPECT_EQ(stream_status("/v3electionpb.Election/Observe", leader.SerializeAsString(), alice), denied);
  leader.set_name("a/office");
  EXPECT_EQ(refusal("/v3electionpb.Election/Leader", leader, alice).message, "election: no leader");
}

TEST_F(AuthService, AlarmsAreListedByUsersAndRaisedByAdministrators) {
  enable();
  const Metadata alice = as("alice");
  etcdserverpb::AlarmRequest request;
  EXPECT_EQ(refusal("/etcdserverpb.Maintenance/Alarm", request, alice), Status{});
  request.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  request.set_memberid(7);
  request.set_alarm(etcdserverpb::AlarmType::NOSPACE);
  EXPECT_EQ(refusal("/etcdserverpb.Maintenance/Alarm", request, alice), kDenied);
  EXPECT_EQ(refusal("/etcdserverpb.Maintenance/Alarm", request, as("root")), Status{});
}

/// A member may not have heard that authentication is on: what a client asks of it is seen to be a client's.
TEST_F(AuthService, WhatMembersMayAskForIsNotPassedOnForClients) {
  enable();
  member_.auth_unheard = true;
  etcdserverpb::CompactionRequest compact;
  compact.set_revision(1);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Compact", compact), kEmpty);
  etcdserverpb::MemberRemoveRequest remove;
  remove.set_id(7);
  EXPECT_EQ(refusal("/etcdserverpb.Cluster/MemberRemove", remove), kEmpty);
  etcdserverpb::AlarmRequest alarm;
  alarm.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  alarm.set_memberid(7);
  alarm.set_alarm(etcdserverpb::AlarmType::NOSPACE);
  EXPECT_EQ(refusal("/etcdserverpb.Maintenance/Alarm", alarm), kEmpty);
  EXPECT_EQ(put_as("k", {}), kEmpty);
}

}  // namespace
}  // namespace kv::api
