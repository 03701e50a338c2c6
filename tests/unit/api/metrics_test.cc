#include "libkv/api/metrics.h"

#include <gtest/gtest.h>

#include "libkv/api/client_versions.h"
#include "libkv/api/latency.h"
#include "tests/unit/api/fake_member.h"

namespace kv::api {
namespace {

using std::chrono::milliseconds;

class MetricsTest : public ::testing::Test {
 protected:
  void expect_line(const std::string& line) {
    const std::string page = metrics_->page(member_, {}, 2147483648);
    EXPECT_NE(("\n" + page).find("\n" + line + "\n"), std::string::npos) << line << " is not in\n" << page;
  }

  testing::FakeMember member_;
  std::unique_ptr<Metrics> metrics_ = Metrics::create();
};

TEST_F(MetricsTest, EveryMethodIsThereBeforeItsFirstCall) {
  expect_line(
      R"(grpc_server_started_total{grpc_method="Txn",grpc_service="etcdserverpb.KV",grpc_type="unary"} 0)");
  expect_line(
      R"(grpc_server_handled_total{grpc_code="Unavailable",grpc_method="Watch",grpc_service="grpc.health.v1.Health",grpc_type="server_stream"} 0)");
}

TEST_F(MetricsTest, CallsAreCountedByMethodAndCode) {
  const rpc::ServerObserver observer = metrics_->observer();
  observer.started("/etcdserverpb.KV/Range");
  observer.handled("/etcdserverpb.KV/Range", rpc::Code::kOutOfRange, milliseconds(7));
  observer.started("/no.Such/Method");
  observer.bytes(5, 9);
  expect_line(
      R"(grpc_server_started_total{grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1)");
  expect_line(
      R"(grpc_server_handled_total{grpc_code="OutOfRange",grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 1)");
  expect_line(
      R"(grpc_server_handling_seconds_bucket{grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary",le="0.005"} 0)");
  expect_line(
      R"(grpc_server_handling_seconds_bucket{grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary",le="0.01"} 1)");
  expect_line(
      R"(grpc_server_started_total{grpc_method="unknown",grpc_service="unknown",grpc_type="unary"} 1)");
  expect_line("etcd_network_client_grpc_received_bytes_total 5");
  expect_line("etcd_network_client_grpc_sent_bytes_total 9");
}

TEST_F(MetricsTest, TheMemberIsShownAsItIsNow) {
  expect_line("etcd_server_has_leader 1");
  expect_line("etcd_server_is_leader 1");
  expect_line("etcd_server_quota_backend_bytes 2147483648");
  expect_line("etcd_debugging_mvcc_current_revision 1");
  expect_line(R"(etcd_server_id{server_id="7"} 1)");
  expect_line(R"(etcd_server_version{server_version="3.6.14"} 1)");
  member_.leader = false;
  member_.learner = true;
  expect_line("etcd_server_has_leader 0");
  expect_line("etcd_server_is_leader 0");
}

TEST_F(MetricsTest, DurationsGoWhereAlertsLookForThem) {
  metrics_->observe(Timed::kLogSync, milliseconds(3));
  metrics_->observe(Timed::kApply, milliseconds(1));
  metrics_->observe_round_trip("8211f1d0f64f3269", std::chrono::microseconds(150));
  expect_line(R"(etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 0)");
  expect_line(R"(etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 1)");
  expect_line("etcd_disk_backend_commit_duration_seconds_count 1");
  expect_line(R"(etcd_network_peer_round_trip_time_seconds_count{To="8211f1d0f64f3269"} 1)");
}

TEST_F(MetricsTest, HealthAndClientsAreCounted) {
  metrics_->count_health(true);
  metrics_->count_health(false);
  metrics_->count_health(false);
  metrics_->count_client("3.6");
  metrics_->count_client("");
  expect_line("etcd_server_health_success 1");
  expect_line("etcd_server_health_failures 2");
  expect_line(R"(etcd_server_client_requests_total{client_api_version="3.6",type="unary"} 1)");
  expect_line(R"(etcd_server_client_requests_total{client_api_version="unknown",type="unary"} 1)");
}

TEST(ClientVersions, OnlySoManySpellingsAreToldApart) {
  ClientVersions versions;
  for (int i = 0; i < 100; ++i) versions.count("v" + std::to_string(i));
  versions.count(std::string(1000, '9'));
  const auto read = versions.read();
  ASSERT_EQ(read.size(), 16U);
  EXPECT_EQ(read[0], (std::pair<std::string, std::uint64_t>("other", 86)));
  EXPECT_EQ(read[1], (std::pair<std::string, std::uint64_t>("v0", 1)));
}

TEST(Latency, ABoundBelongsToItsBucket) {
  Latency latency({0.001, 0.01});
  for (int ms : {1, 2, 10, 11}) latency.observe(milliseconds(ms));
  EXPECT_EQ(latency.read().counts, (std::vector<std::uint64_t>{1, 2, 1}));
  EXPECT_EQ(latency.read().sum, milliseconds(24));
}

}  // namespace
}  // namespace kv::api
