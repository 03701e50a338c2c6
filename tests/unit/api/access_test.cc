#include "libkv/api/access.h"

#include <google/protobuf/descriptor.h>

#include <set>

#include "libkv/api/proto/election.pb.h"
#include "libkv/api/proto/health.pb.h"
#include "libkv/api/proto/lock.pb.h"
#include "libkv/api/proto/sessions.pb.h"
#include "tests/unit/api/auth_fixture.h"

namespace kv::api {
namespace {

using google::protobuf::MethodDescriptor;

/// Every method that a .proto file of this API has.
std::vector<const MethodDescriptor*> all_methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* file :
       {etcdserverpb::RangeRequest::descriptor()->file(), v3lockpb::LockRequest::descriptor()->file(),
        v3electionpb::LeaderRequest::descriptor()->file(), kvd::OpenSessionRequest::descriptor()->file(),
        grpc::health::v1::HealthCheckRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j)
        methods.push_back(file->service(i)->method(j));
    }
  }
  return methods;
}

std::string path_of(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

TEST(Access, EveryMethodHasARule) {
  EXPECT_GT(all_methods().size(), 50U);
  for (const MethodDescriptor* method : all_methods())
    EXPECT_TRUE(has_rule(path_of(*method))) << path_of(*method);
}

TEST(Access, WhatHasNoRuleIsForAdministrators) {
  EXPECT_FALSE(has_rule("/etcdserverpb.KV/New"));
  EXPECT_EQ(access_of("/etcdserverpb.KV/New"), Access::kAdmin);
}

/// Asks every method, with a request that is not refused for itself, as somebody.
class Gates : public AuthTest {
 protected:
  /// What a method says to an empty request, but for the few that need something in it.
  rpc::Status ask(const MethodDescriptor& method, const rpc::Metadata& metadata) {
    const std::string path = path_of(method);
    std::string request;
    if (path.starts_with("/etcdserverpb.KV/") && !path.ends_with("/Txn") && !path.ends_with("/Compact")) {
      request = range("k").SerializeAsString();  // the key is the first field of all of them
    }
    if (path.starts_with("/v3electionpb.Election/") &&
        (path.ends_with("Proclaim") || path.ends_with("Resign"))) {
      v3electionpb::ResignRequest named;
      named.mutable_leader()->set_key("k");
      request = named.SerializeAsString();
    }
    if (path.ends_with("/MemberAdd")) {
      etcdserverpb::MemberAddRequest add;
      add.add_peerurls("http://127.0.0.1:1");
      request = add.SerializeAsString();
    }
    if (path.ends_with("/MemberUpdate")) {
      etcdserverpb::MemberUpdateRequest update;
      update.add_peerurls("http://127.0.0.1:1");
      request = update.SerializeAsString();
    }
    if (path.ends_with("/Unlock")) request = range("k").SerializeAsString();
    if (path.ends_with(".Watch/Watch")) {
      etcdserverpb::WatchRequest create;
      create.mutable_create_request()->set_key("k");
      return watch_refusal(create, metadata);
    }
    if (method.client_streaming() || method.server_streaming()) return stream_status(path, request, metadata);
    return raw(path, request, metadata).status;
  }
};

TEST_F(Gates, NoMethodIsOpenToNobodyButThoseThatMustBe) {
  enable();
  std::set<std::string> open;
  for (const MethodDescriptor* method : all_methods()) {
    const std::string path = path_of(*method);
    if (access_of(path) == Access::kOpen) {
      open.insert(path);
      continue;
    }
    const rpc::Status status = ask(*method, {});
    EXPECT_EQ(status.message, "etcdserver: user name is empty") << path;
    EXPECT_EQ(status.code, path.starts_with("/v3") ? rpc::Code::kUnknown : rpc::Code::kInvalidArgument)
        << path;
  }
  EXPECT_EQ(open, (std::set<std::string>{"/etcdserverpb.Auth/Authenticate", "/grpc.health.v1.Health/Check",
                                         "/grpc.health.v1.Health/Watch"}));
}

TEST_F(Gates, NoMethodTakesATokenThatNobodyHas) {
  enable();
  for (const MethodDescriptor* method : all_methods()) {
    const std::string path = path_of(*method);
    if (access_of(path) == Access::kOpen) continue;
    const rpc::Status status = ask(*method, {{"token", "abcdefghijklmnop.1"}});
    EXPECT_EQ(status.message, "etcdserver: invalid auth token") << path;
    EXPECT_EQ(status.code, path.starts_with("/v3") ? rpc::Code::kUnknown : rpc::Code::kUnauthenticated)
        << path;
  }
}

TEST_F(Gates, WhatIsForAdministratorsIsDeniedToUsers) {
  enable();
  const rpc::Metadata alice = as("alice");
  for (const MethodDescriptor* method : all_methods()) {
    const std::string path = path_of(*method);
    const bool users_own = path.ends_with("/UserGet") || path.ends_with("/RoleGet");
    const bool changes_auth = path.starts_with("/etcdserverpb.Auth/") && access_of(path) == Access::kKeys;
    if (access_of(path) == Access::kAdmin || (changes_auth && !users_own)) {
      EXPECT_EQ(ask(*method, alice),
                (rpc::Status{rpc::Code::kPermissionDenied, "etcdserver: permission denied"}))
          << path;
    }
    if (access_of(path) == Access::kUser) {
      EXPECT_TRUE(ask(*method, alice).ok()) << path;
    }
  }
}

}  // namespace
}  // namespace kv::api
