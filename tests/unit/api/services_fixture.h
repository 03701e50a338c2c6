// The services on a real rpc server on loopback, called by the real client.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "libkv/api/context.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/rpc/client.h"
#include "tests/unit/api/fake_member.h"

namespace kv::api {

class ServicesTest : public ::testing::Test {
 protected:
  ServicesTest() {
    server_ = rpc::Server::create({.io_threads = 1}, {}, [](raft::LogLevel, std::string_view) {});
    register_kv(*server_, context_);
    register_cluster(*server_, context_);
    register_maintenance(*server_, context_);
    register_lease(*server_, context_);
    register_sessions(*server_, context_);
    register_watch(*server_, context_);
    register_auth(*server_, context_);
    register_lock(*server_, context_);
    register_election(*server_, context_);
    register_health(*server_);
    const std::uint16_t port = *server_->listen("127.0.0.1", 0, std::nullopt);
    server_->start();
    channel_ = *rpc::Channel::connect(*loop_, {.host = "127.0.0.1", .port = port});
  }

  rpc::UnaryResult raw(const std::string& method, std::string request, rpc::Metadata metadata = {}) {
    return channel_->call(method, std::move(request),
                          {.timeout = std::chrono::seconds(20), .metadata = std::move(metadata)});
  }
  template <class Response, class Request>
  Response call(const std::string& method, const Request& request) {
    const rpc::UnaryResult result = raw(method, request.SerializeAsString());
    EXPECT_EQ(result.status, rpc::Status{}) << method;
    Response response;
    EXPECT_TRUE(response.ParseFromString(result.response));
    return response;
  }
  template <class Request>
  rpc::Status refusal(const std::string& method, const Request& request, rpc::Metadata metadata = {}) {
    return raw(method, request.SerializeAsString(), std::move(metadata)).status;
  }
  etcdserverpb::PutResponse put(const std::string& key, const std::string& value, bool prev_kv = false) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_prev_kv(prev_kv);
    return call<etcdserverpb::PutResponse>("/etcdserverpb.KV/Put", request);
  }
  etcdserverpb::RangeRequest range(const std::string& key) {
    etcdserverpb::RangeRequest request;
    request.set_key(key);
    return request;
  }

  testing::FakeMember member_;
  Context context_{member_, {}};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::ClientLoop> loop_ = rpc::ClientLoop::create();
  std::shared_ptr<rpc::Channel> channel_;
};

}  // namespace kv::api
