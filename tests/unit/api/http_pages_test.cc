#include "libkv/api/http_pages.h"

#include <gtest/gtest.h>

#include "tests/unit/api/fake_member.h"

namespace kv::api {
namespace {

class HttpPagesTest : public ::testing::Test {
 protected:
  rpc::HttpResponse get(const std::string& target, const std::string& method = "GET") {
    rpc::HttpResponse response;
    int answers = 0;
    pages_({.method = method, .target = target, .body = "", .headers = {}}, [&](rpc::HttpResponse answer) {
      response = std::move(answer);
      ++answers;
    });
    EXPECT_EQ(answers, 1);
    return response;
  }

  testing::FakeMember member_;
  Context context_{member_, {}};
  std::unique_ptr<Metrics> metrics_ = Metrics::create();
  rpc::HttpHandler pages_ = http_pages(context_, *metrics_, [] {
    return std::vector<PeerMetrics>{{.peer = "b", .bytes_sent = 5, .send_failures = 1, .bytes_received = 6}};
  });
};

TEST_F(HttpPagesTest, HealthIsEtcdsJson) {
  EXPECT_EQ(get("/health").body, R"({"health":"true","reason":""})");
  EXPECT_EQ(get("/health").status, 200);
  member_.leader = false;
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(get("/health").body, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
  EXPECT_EQ(get("/health?serializable=true").status, 200);
}

TEST_F(HttpPagesTest, HealthTellsWhyAReadFailed) {
  member_.failure = RequestFailure{ServerError::kTimeout, Stage::kProposed};
  EXPECT_EQ(get("/health").body,
            "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}\n");
}

TEST_F(HttpPagesTest, HealthIsPlainTextToWhoeverLooksAtTheType) {
  EXPECT_EQ(get("/health").content_type, "text/plain; charset=utf-8");
}

TEST_F(HttpPagesTest, TheVersionIsForClientsOnly) {
  EXPECT_EQ(get("/version").body, R"({"etcdserver":"3.6.14","etcdcluster":"3.6.0","storage":"3.6.0"})");
  pages_ = http_pages(context_, *metrics_, [] { return std::vector<PeerMetrics>(); }, Pages::kMetrics);
  EXPECT_EQ(get("/version").status, 404);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/metrics").status, 200);
}

TEST_F(HttpPagesTest, ReadyzRunsItsChecksAndCanLeaveSomeOut) {
  EXPECT_EQ(get("/readyz").body, "ok\n");
  EXPECT_NE(get("/readyz?verbose").body.find("[+]linearizable_read ok\n"), std::string::npos);
  member_.failure = RequestFailure{ServerError::kTimeout, Stage::kProposed};
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_NE(get("/readyz").body.find("[-]linearizable_read failed: etcdserver: request timed out\n"),
            std::string::npos);
  EXPECT_EQ(get("/readyz?exclude=linearizable_read").status, 200);
  EXPECT_EQ(get("/readyz/serializable_read").body, "ok\n");
  EXPECT_EQ(get("/readyz/nonsense").status, 404);
  EXPECT_EQ(get("/livez").body, "ok\n") << "a member without a quorum is alive";
}

TEST_F(HttpPagesTest, ALearnerIsAliveAndNotReady) {
  member_.learner = true;
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 503);
}

TEST_F(HttpPagesTest, OnlyGetIsAnswered) {
  const rpc::HttpResponse response = get("/health", "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers, (rpc::Metadata{{"allow", "GET"}}));
  EXPECT_EQ(get("/nowhere").status, 404);
}

TEST_F(HttpPagesTest, MetricsHaveEtcdsNames) {
  auto observer = metrics_->observer();
  observer.started("/etcdserverpb.KV/Put");
  observer.handled("/etcdserverpb.KV/Put", rpc::Code::kOk, {});
  const std::string page = get("/metrics").body;
  EXPECT_NE(page.find("etcd_server_has_leader 1"), std::string::npos);
  EXPECT_NE(page.find("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\","
                      "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("etcd_network_peer_sent_bytes_total{To=\"b\"} 5"), std::string::npos);
  EXPECT_NE(page.find("process_resident_memory_bytes"), std::string::npos);
}

}  // namespace
}  // namespace kv::api
