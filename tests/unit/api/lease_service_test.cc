#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;

class LeaseServiceTest : public ServicesTest {
 protected:
  static constexpr auto kGrant = "/etcdserverpb.Lease/LeaseGrant";
  static constexpr auto kRevoke = "/etcdserverpb.Lease/LeaseRevoke";
  static constexpr auto kTimeToLive = "/etcdserverpb.Lease/LeaseTimeToLive";

  static etcdserverpb::LeaseGrantRequest grant_request(std::int64_t ttl, std::int64_t id = 0) {
    etcdserverpb::LeaseGrantRequest request;
    request.set_ttl(ttl);
    request.set_id(id);
    return request;
  }
  etcdserverpb::LeaseGrantResponse grant(std::int64_t ttl, std::int64_t id = 0) {
    return call<etcdserverpb::LeaseGrantResponse>(kGrant, grant_request(ttl, id));
  }
  void put_on(const std::string& key, std::int64_t lease) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_lease(lease);
    call<etcdserverpb::PutResponse>("/etcdserverpb.KV/Put", request);
  }
  /// The answers to those keep-alives, and how the stream ended.
  std::pair<std::vector<etcdserverpb::LeaseKeepAliveResponse>, rpc::Status> keep_alive(
      const std::vector<std::int64_t>& leases) {
    std::mutex mutex;
    std::condition_variable over;
    std::vector<etcdserverpb::LeaseKeepAliveResponse> answers;
    std::optional<rpc::Status> status;
    const auto stream = channel_->stream("/etcdserverpb.Lease/LeaseKeepAlive", {},
                                         {.on_message =
                                              [&](const std::string& bytes) {
                                                const std::lock_guard lock(mutex);
                                                answers.emplace_back().ParseFromString(bytes);
                                              },
                                          .on_done =
                                              [&](rpc::Status got) {
                                                const std::lock_guard lock(mutex);
                                                status = std::move(got);
                                                over.notify_one();
                                              }});
    for (const std::int64_t lease : leases) {
      etcdserverpb::LeaseKeepAliveRequest request;
      request.set_id(lease);
      stream->send(request.SerializeAsString());
    }
    stream->half_close();
    std::unique_lock lock(mutex);
    EXPECT_TRUE(over.wait_for(lock, std::chrono::seconds(20), [&] { return status.has_value(); }));
    return {answers, status.value_or(rpc::Status{})};
  }
};

TEST_F(LeaseServiceTest, GrantsRaiseShortLeasesAndChooseIds) {
  const auto chosen = grant(-3);
  EXPECT_GT(chosen.id(), 0);
  EXPECT_EQ(chosen.ttl(), 2);
  EXPECT_EQ(chosen.header().revision(), 1);
  EXPECT_NE(grant(60).id(), chosen.id());
  EXPECT_EQ(grant(60, 77).id(), 77);
}

TEST_F(LeaseServiceTest, GrantsAreRefusedAsEtcdDoes) {
  grant(60, 77);
  EXPECT_EQ(refusal(kGrant, grant_request(60, 77)),
            (rpc::Status{Code::kFailedPrecondition, "etcdserver: lease already exists"}));
  EXPECT_EQ(refusal(kGrant, grant_request(9000000001)),
            (rpc::Status{Code::kOutOfRange, "etcdserver: too large lease TTL"}));
  EXPECT_EQ(grant(9000000000).ttl(), 9000000000);
}

TEST_F(LeaseServiceTest, TimeToLiveGivesTheKeysWhenAsked) {
  grant(60, 77);
  put_on("b", 77);
  put_on("a", 77);
  etcdserverpb::LeaseTimeToLiveRequest request;
  request.set_id(77);
  auto response = call<etcdserverpb::LeaseTimeToLiveResponse>(kTimeToLive, request);
  EXPECT_EQ(response.grantedttl(), 60);
  EXPECT_EQ(response.keys_size(), 0);
  request.set_keys(true);
  response = call<etcdserverpb::LeaseTimeToLiveResponse>(kTimeToLive, request);
  ASSERT_EQ(response.keys_size(), 2);
  EXPECT_EQ(response.keys(0), "a");
  request.set_id(78);
  response = call<etcdserverpb::LeaseTimeToLiveResponse>(kTimeToLive, request);
  EXPECT_EQ(response.ttl(), -1);
  EXPECT_EQ(response.grantedttl(), 0);
}

TEST_F(LeaseServiceTest, RevokesEndLeases) {
  grant(60, 77);
  put_on("a", 77);
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(77);
  EXPECT_EQ(call<etcdserverpb::LeaseRevokeResponse>(kRevoke, request).header().revision(), 3);
  EXPECT_EQ(refusal(kRevoke, request),
            (rpc::Status{Code::kNotFound, "etcdserver: requested lease not found"}));
  const auto all = call<etcdserverpb::LeaseLeasesResponse>("/etcdserverpb.Lease/LeaseLeases",
                                                           etcdserverpb::LeaseLeasesRequest());
  EXPECT_EQ(all.leases_size(), 0);
}

TEST_F(LeaseServiceTest, KeepAlivesAreAnsweredInTheirOrder) {
  grant(60, 77);
  grant(90, 78);
  const auto [answers, status] = keep_alive({77, 5, 78});
  EXPECT_EQ(status, rpc::Status{});
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].ttl(), 60);
  EXPECT_EQ(answers[1].id(), 5);
  EXPECT_EQ(answers[1].ttl(), 0);
  EXPECT_EQ(answers[2].ttl(), 90);
  EXPECT_TRUE(answers[2].has_header());
}

TEST_F(LeaseServiceTest, AKeepAliveThatFailsEndsTheStream) {
  member_.failure = RequestFailure{ServerError::kNoLeader, Stage::kQueued};
  const auto [answers, status] = keep_alive({77});
  EXPECT_EQ(answers.size(), 0U);
  EXPECT_EQ(status, (rpc::Status{Code::kUnavailable, "etcdserver: no leader"}));
}

}  // namespace
}  // namespace kv::api
