// The services with users: root (password "secret"), who may do everything, and alice ("wonder"), who may
// read and write the keys from "a/" up to "a0" and has the role "half".
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "tests/unit/api/services_fixture.h"

namespace kv::api {

class AuthTest : public ServicesTest {
 protected:
  static constexpr const char* kAuth = "/etcdserverpb.Auth/";

  AuthTest() {
    add_user("root", "secret");
    add_user("alice", "wonder");
    add_role("half");
    grant("half", "a/", "a0");
    give("root", "root");
    give("alice", "half");
  }

  void enable() { expect_ok("AuthEnable", etcdserverpb::AuthEnableRequest()); }

  void add_user(const std::string& name, const std::string& password) {
    etcdserverpb::AuthUserAddRequest request;
    request.set_name(name);
    request.set_password(password);
    expect_ok("UserAdd", request);
  }
  void add_role(const std::string& name) {
    etcdserverpb::AuthRoleAddRequest request;
    request.set_name(name);
    expect_ok("RoleAdd", request);
  }
  void give(const std::string& user, const std::string& role, const rpc::Metadata& metadata = {}) {
    etcdserverpb::AuthUserGrantRoleRequest request;
    request.set_user(user);
    request.set_role(role);
    expect_ok("UserGrantRole", request, metadata);
  }
  void grant(const std::string& role, const std::string& key, const std::string& range_end,
             authpb::Permission::Type type = authpb::Permission::READWRITE,
             const rpc::Metadata& metadata = {}) {
    etcdserverpb::AuthRoleGrantPermissionRequest request;
    request.set_name(role);
    request.mutable_perm()->set_permtype(type);
    request.mutable_perm()->set_key(key);
    request.mutable_perm()->set_range_end(range_end);
    expect_ok("RoleGrantPermission", request, metadata);
  }
  template <class Request>
  void expect_ok(const std::string& method, const Request& request, const rpc::Metadata& metadata = {}) {
    EXPECT_EQ(refusal(kAuth + method, request, metadata), rpc::Status{}) << method;
  }

  rpc::UnaryResult authenticate(const std::string& name, const std::string& password) {
    etcdserverpb::AuthenticateRequest request;
    request.set_name(name);
    request.set_password(password);
    return raw(std::string(kAuth) + "Authenticate", request.SerializeAsString());
  }
  std::string token_of(const std::string& name, const std::string& password) {
    const rpc::UnaryResult result = authenticate(name, password);
    EXPECT_EQ(result.status, rpc::Status{}) << name;
    etcdserverpb::AuthenticateResponse response;
    EXPECT_TRUE(response.ParseFromString(result.response));
    return response.token();
  }
  /// Metadata of one of the two.
  rpc::Metadata as(const std::string& name) {
    return {{"token", token_of(name, name == "root" ? "secret" : "wonder")}};
  }

  /// How a stream ends that is sent one request.
  rpc::Status stream_status(const std::string& path, const std::string& request,
                            rpc::Metadata metadata = {}) {
    auto done = std::make_shared<std::promise<rpc::Status>>();
    const auto stream =
        channel_->stream(path, {.timeout = std::chrono::seconds(20), .metadata = std::move(metadata)},
                         {.on_message = [](const std::string&) {},
                          .on_done = [done](const rpc::Status& status) { done->set_value(status); }});
    stream->send(request);
    stream->half_close();
    return done->get_future().get();
  }

  /// What the answer to a create request says instead of a status, as one.
  rpc::Status watch_refusal(const etcdserverpb::WatchRequest& create, rpc::Metadata metadata = {}) {
    auto first = std::make_shared<std::promise<std::string>>();
    auto told = std::make_shared<std::atomic<bool>>(false);
    const auto stream = channel_->stream(
        "/etcdserverpb.Watch/Watch", {.timeout = std::chrono::seconds(20), .metadata = std::move(metadata)},
        {.on_message =
             [first, told](const std::string& bytes) {
               if (!told->exchange(true)) first->set_value(bytes);
             },
         .on_done =
             [first, told](const rpc::Status&) {
               if (!told->exchange(true)) first->set_value({});
             }});
    stream->send(create.SerializeAsString());
    etcdserverpb::WatchResponse response;
    EXPECT_TRUE(response.ParseFromString(first->get_future().get()));
    stream->cancel();
    EXPECT_TRUE(response.created());
    if (!response.canceled()) return {};
    EXPECT_EQ(response.watch_id(), -1);
    return read_reason(response.cancel_reason());
  }

  /// "rpc error: code = NAME desc = TEXT".
  static rpc::Status read_reason(const std::string& reason) {
    for (const rpc::Code code :
         {rpc::Code::kInvalidArgument, rpc::Code::kPermissionDenied, rpc::Code::kUnauthenticated}) {
      const std::string beginning = "rpc error: code = " + std::string(rpc::name(code)) + " desc = ";
      if (reason.starts_with(beginning)) return {code, reason.substr(beginning.size())};
    }
    return {rpc::Code::kInternal, reason};
  }
};

}  // namespace kv::api
