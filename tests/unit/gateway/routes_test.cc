#include "libkv/gateway/routes.h"

#include <gtest/gtest.h>

namespace kv::gateway {
namespace {

TEST(Routes, LeadToMethods) {
  for (const std::string_view path : {"/v3/kv/range", "/v3beta/kv/range", "/v3alpha/kv/range"}) {
    const auto* const method = find_route(path);
    ASSERT_NE(method, nullptr);
    EXPECT_EQ(method->full_name(), "etcdserverpb.KV.Range");
    EXPECT_FALSE(method->server_streaming());
  }
  ASSERT_NE(find_route("/v3/watch"), nullptr);
  EXPECT_TRUE(find_route("/v3/watch")->client_streaming());
  ASSERT_NE(find_route("/v3/election/observe"), nullptr);
  EXPECT_EQ(find_route("/v3/kv/lease/revoke"), find_route("/v3/lease/revoke"));
}

TEST(Routes, AreExact) {
  for (const std::string_view path :
       {"/v3", "/v3/", "/v3/kv", "/v3/kv/range/", "/v3/KV/Range", "/v4/kv/range"}) {
    EXPECT_EQ(find_route(path), nullptr) << path;
  }
  EXPECT_TRUE(is_gateway_path("/v3/anything"));
  EXPECT_FALSE(is_gateway_path("/v3"));
  EXPECT_FALSE(is_gateway_path("/version"));
}

}  // namespace
}  // namespace kv::gateway
