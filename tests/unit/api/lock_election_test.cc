// Locks and elections: who waits for whom, and what ends a wait.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "libkv/api/proto/election.pb.h"
#include "libkv/api/proto/lock.pb.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;

constexpr auto kLock = "/v3lockpb.Lock/Lock";
constexpr auto kCampaign = "/v3electionpb.Election/Campaign";
const rpc::Status kExpired{Code::kUnknown, "mutex: session is expired"};

/// A call that may wait: its answer, once it is there.
struct Pending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<rpc::UnaryResult> result;

  bool answered() {
    const std::lock_guard lock(mutex);
    return result.has_value();
  }
  rpc::UnaryResult wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return result.has_value(); });
    return *result;
  }
};

class LockElectionTest : public ServicesTest {
 protected:
  LockElectionTest() {
    for (const std::int64_t lease : {1, 2, 3, 0x4d}) grant(lease);
  }

  void grant(std::int64_t lease) {
    etcdserverpb::LeaseGrantRequest request;
    request.set_id(lease);
    request.set_ttl(600);
    call<etcdserverpb::LeaseGrantResponse>("/etcdserverpb.Lease/LeaseGrant", request);
  }
  void revoke(std::int64_t lease) {
    etcdserverpb::LeaseRevokeRequest request;
    request.set_id(lease);
    call<etcdserverpb::LeaseRevokeResponse>("/etcdserverpb.Lease/LeaseRevoke", request);
  }
  void remove(const std::string& key) {
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(key);
    call<etcdserverpb::DeleteRangeResponse>("/etcdserverpb.KV/DeleteRange", request);
  }
  std::int64_t keys_under(const std::string& prefix) {
    etcdserverpb::RangeRequest request;
    request.set_key(prefix);
    request.set_range_end(prefix.substr(0, prefix.size() - 1) + static_cast<char>(prefix.back() + 1));
    request.set_count_only(true);
    return call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", request).count();
  }
  /// What a key is once there are `count` of them; fails the test when that does not come about.
  void wait_for_keys(const std::string& prefix, std::int64_t count) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (keys_under(prefix) != count) ASSERT_LT(std::chrono::steady_clock::now(), limit) << prefix;
  }

  static v3lockpb::LockRequest lock_request(const std::string& name, std::int64_t lease) {
    v3lockpb::LockRequest request;
    request.set_name(name);
    request.set_lease(lease);
    return request;
  }
  v3lockpb::LockResponse lock(const std::string& name, std::int64_t lease) {
    return call<v3lockpb::LockResponse>(kLock, lock_request(name, lease));
  }
  static v3electionpb::CampaignRequest campaign_request(std::int64_t lease, const std::string& value) {
    v3electionpb::CampaignRequest request;
    request.set_name("e");
    request.set_lease(lease);
    request.set_value(value);
    return request;
  }
  v3electionpb::CampaignResponse campaign(std::int64_t lease, const std::string& value) {
    return call<v3electionpb::CampaignResponse>(kCampaign, campaign_request(lease, value));
  }
  template <class Request>
  std::shared_ptr<Pending> begin(const std::string& method, const Request& request,
                                 std::optional<std::chrono::milliseconds> timeout = std::nullopt) {
    auto pending = std::make_shared<Pending>();  // shared with the callback
    channel_->unary(method, request.SerializeAsString(), {.timeout = timeout},
                    [pending](rpc::UnaryResult result) {
                      const std::lock_guard guard(pending->mutex);
                      pending->result = std::move(result);
                      pending->changed.notify_all();
                    });
    return pending;
  }
};

TEST_F(LockElectionTest, AFreeLockIsTakenAtOnce) {
  const auto response = lock("l", 0x4d);
  EXPECT_EQ(response.key(), "l/4d");
  EXPECT_EQ(response.header().revision(), 2);
  EXPECT_EQ(response.header().member_id(), 7U);
  EXPECT_EQ(lock("l", 0x4d).key(), "l/4d") << "whoever holds it, holds it";
  EXPECT_EQ(lock("another", 1).key(), "another/1");
}

TEST_F(LockElectionTest, WaitersComeInTheirOrder) {
  lock("l", 1);
  const auto second = begin(kLock, lock_request("l", 2));
  wait_for_keys("l/", 2);
  const auto third = begin(kLock, lock_request("l", 3));
  wait_for_keys("l/", 3);
  remove("l/1");
  v3lockpb::LockResponse response;
  ASSERT_TRUE(response.ParseFromString(second->wait().response));
  EXPECT_EQ(response.key(), "l/2");
  EXPECT_EQ(response.header().revision(), 5);
  EXPECT_FALSE(third->answered());
  v3lockpb::UnlockRequest unlock;
  unlock.set_key("l/2");
  EXPECT_EQ(call<v3lockpb::UnlockResponse>("/v3lockpb.Lock/Unlock", unlock).header().revision(), 6);
  ASSERT_TRUE(response.ParseFromString(third->wait().response));
  EXPECT_EQ(response.key(), "l/3");
}

TEST_F(LockElectionTest, OneWhoLeavesTheMiddleLetsNobodyPass) {
  lock("l", 1);
  const auto second = begin(kLock, lock_request("l", 2));
  wait_for_keys("l/", 2);
  const auto third = begin(kLock, lock_request("l", 3));
  wait_for_keys("l/", 3);
  revoke(2);
  EXPECT_EQ(second->wait().status, kExpired);
  put("other", "so that the third has been woken and waits again");
  EXPECT_FALSE(third->answered());
  revoke(1);
  EXPECT_EQ(third->wait().status, rpc::Status{});
}

TEST_F(LockElectionTest, AWaiterWhoseLeaseEndsIsTold) {
  lock("l", 1);
  const auto waiter = begin(kLock, lock_request("l", 2));
  wait_for_keys("l/", 2);
  revoke(2);
  EXPECT_EQ(waiter->wait().status, kExpired);
  EXPECT_EQ(keys_under("l/"), 1);
}

TEST_F(LockElectionTest, AWaiterThatGoesAwayLeavesTheLine) {
  lock("l", 1);
  const auto waiter = begin(kLock, lock_request("l", 2), std::chrono::milliseconds(300));
  EXPECT_EQ(waiter->wait().status.code, Code::kDeadlineExceeded);
  wait_for_keys("l/", 1);
  // The lease of one that goes away by itself lives on.
  EXPECT_EQ(lock("free", 2).key(), "free/2");
}

TEST_F(LockElectionTest, WhoBringsNoLeaseIsGivenOne) {
  const auto response = lock("l", 0);
  etcdserverpb::LeaseTimeToLiveRequest request;
  request.set_id(std::stoll(response.key().substr(2), nullptr, 16));
  const auto lease =
      call<etcdserverpb::LeaseTimeToLiveResponse>("/etcdserverpb.Lease/LeaseTimeToLive", request);
  EXPECT_EQ(lease.grantedttl(), 60);
  revoke(request.id());
  EXPECT_EQ(keys_under("l/"), 0);
}

TEST_F(LockElectionTest, RefusalsAreEtcds) {
  const rpc::Status no_lease{Code::kUnknown, "etcdserver: requested lease not found"};
  const rpc::Status no_key{Code::kUnknown, "etcdserver: key is not provided"};
  const rpc::Status no_leader_key{Code::kUnknown, "\"leader\" field must be provided"};
  EXPECT_EQ(refusal(kLock, lock_request("l", 99)), no_lease);
  EXPECT_EQ(refusal("/v3lockpb.Lock/Unlock", v3lockpb::UnlockRequest()), no_key);
  EXPECT_EQ(refusal(kCampaign, campaign_request(99, "v")), no_lease);
  EXPECT_EQ(refusal("/v3electionpb.Election/Proclaim", v3electionpb::ProclaimRequest()), no_leader_key);
  EXPECT_EQ(refusal("/v3electionpb.Election/Resign", v3electionpb::ResignRequest()), no_leader_key);
  v3electionpb::LeaderRequest who;
  who.set_name("e");
  EXPECT_EQ(refusal("/v3electionpb.Election/Leader", who),
            (rpc::Status{Code::kUnknown, "election: no leader"}));
  EXPECT_EQ(raw(kLock, "\xff\xff").status.code, Code::kInternal);
  member_.learner = true;
  EXPECT_EQ(refusal(kLock, lock_request("l", 1)),
            (rpc::Status{Code::kFailedPrecondition, "etcdserver: rpc not supported for learner"}));
}

TEST_F(LockElectionTest, AMemberThatCannotWriteSaysSo) {
  member_.failure = RequestFailure{ServerError::kTimeout, Stage::kProposed};
  EXPECT_EQ(refusal(kLock, lock_request("l", 1)),
            (rpc::Status{Code::kUnknown, "etcdserver: request timed out"}));
  EXPECT_EQ(refusal(kLock, lock_request("l", 0)),
            (rpc::Status{Code::kUnknown, "etcdserver: request timed out"}));
}

TEST_F(LockElectionTest, OneIsElectedProclaimsAndResigns) {
  const auto first = campaign(1, "one").leader();
  EXPECT_EQ(first.key(), "e/1");
  EXPECT_EQ(first.name(), "e");
  EXPECT_EQ(first.lease(), 1);
  EXPECT_EQ(first.rev(), 2);
  const auto next = begin(kCampaign, campaign_request(2, "two"));
  wait_for_keys("e/", 2);

  v3electionpb::ProclaimRequest proclaim;
  *proclaim.mutable_leader() = first;
  proclaim.set_value("again");
  EXPECT_EQ(
      call<v3electionpb::ProclaimResponse>("/v3electionpb.Election/Proclaim", proclaim).header().revision(),
      4);
  proclaim.mutable_leader()->set_rev(1);
  EXPECT_EQ(refusal("/v3electionpb.Election/Proclaim", proclaim),
            (rpc::Status{Code::kUnknown, "election: not leader"}));
  v3electionpb::LeaderRequest who;
  who.set_name("e");
  const auto leader = call<v3electionpb::LeaderResponse>("/v3electionpb.Election/Leader", who);
  EXPECT_EQ(leader.kv().value(), "again");
  EXPECT_EQ(leader.kv().lease(), 1);

  v3electionpb::ResignRequest resign;
  *resign.mutable_leader() = first;
  EXPECT_EQ(call<v3electionpb::ResignResponse>("/v3electionpb.Election/Resign", resign).header().revision(),
            5);
  v3electionpb::CampaignResponse response;
  ASSERT_TRUE(response.ParseFromString(next->wait().response));
  EXPECT_EQ(response.leader().key(), "e/2");
  EXPECT_EQ(response.leader().rev(), 3);
  EXPECT_EQ(response.header().revision(), 3) << "when the place was taken";
}

TEST_F(LockElectionTest, ACampaignOnceMoreChangesTheValue) {
  campaign(1, "one");
  const auto again = campaign(1, "two");
  EXPECT_EQ(again.leader().rev(), 2);
  EXPECT_EQ(call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", range("e/1")).kvs(0).value(), "two");
}

TEST_F(LockElectionTest, ObserversSeeEachLeaderAndEachValue) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> seen;
  const auto stream =
      channel_->stream("/v3electionpb.Election/Observe", {},
                       {.on_message =
                            [&](const std::string& bytes) {
                              v3electionpb::LeaderResponse response;
                              response.ParseFromString(bytes);
                              const std::lock_guard guard(mutex);
                              seen.push_back(response.kv().key() + "=" + response.kv().value());
                              changed.notify_all();
                            },
                        .on_done =
                            [&](const rpc::Status&) {
                              const std::lock_guard guard(mutex);
                              seen.emplace_back("over");
                              changed.notify_all();
                            }});
  const auto wait_for = [&](const std::string& last) {
    std::unique_lock guard(mutex);
    ASSERT_TRUE(changed.wait_for(guard, std::chrono::seconds(30), [&] {
      return !seen.empty() && seen.back() == last;
    })) << last;
  };
  v3electionpb::LeaderRequest who;
  who.set_name("e");
  stream->send(who.SerializeAsString());
  campaign(1, "one");
  wait_for("e/1=one");
  put("e/1", "one again");
  wait_for("e/1=one again");
  const auto next = begin(kCampaign, campaign_request(2, "two"));
  wait_for_keys("e/", 2);
  remove("e/1");
  wait_for("e/2=two");
  next->wait();
  stream->cancel();
  wait_for("over");
  EXPECT_EQ(seen, (std::vector<std::string>{"e/1=one", "e/1=one again", "e/2=two", "over"}));
}

}  // namespace
}  // namespace kv::api
