#include "libkv/api/proto/health.pb.h"
#include "tests/unit/api/services_fixture.h"

namespace kv::api {
namespace {

using rpc::Code;

TEST_F(ServicesTest, PutAndRangeCarryHeadersAndRevisions) {
  const auto first = put("k", "v");
  EXPECT_EQ(first.header().cluster_id(), 0xc1U);
  EXPECT_EQ(first.header().member_id(), 7U);
  EXPECT_EQ(first.header().raft_term(), 3U);
  EXPECT_EQ(first.header().revision(), 2);
  EXPECT_FALSE(first.has_prev_kv());
  EXPECT_EQ(put("k", "w", true).prev_kv().value(), "v");
  const auto found = call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", range("k"));
  ASSERT_EQ(found.kvs_size(), 1);
  EXPECT_EQ(found.kvs(0).value(), "w");
  EXPECT_EQ(found.kvs(0).version(), 2);
  EXPECT_EQ(found.kvs(0).create_revision(), 2);
  EXPECT_EQ(found.kvs(0).mod_revision(), 3);
  EXPECT_EQ(found.count(), 1);
  EXPECT_EQ(found.header().revision(), 3);
}

TEST_F(ServicesTest, DeleteRangeTellsWhatWasThere) {
  put("a", "1");
  put("b", "2");
  etcdserverpb::DeleteRangeRequest request;
  request.set_key("a");
  request.set_range_end("c");
  request.set_prev_kv(true);
  const auto response = call<etcdserverpb::DeleteRangeResponse>("/etcdserverpb.KV/DeleteRange", request);
  EXPECT_EQ(response.deleted(), 2);
  ASSERT_EQ(response.prev_kvs_size(), 2);
  EXPECT_EQ(response.prev_kvs(1).value(), "2");
  EXPECT_EQ(response.header().revision(), 4);
}

TEST_F(ServicesTest, ATxnAnswersEachOpOfTheBranchThatRan) {
  put("a", "1");
  etcdserverpb::TxnRequest txn;
  auto& compare = *txn.add_compare();
  compare.set_target(etcdserverpb::Compare::MOD);
  compare.set_key("a");
  compare.set_mod_revision(2);
  txn.add_success()->mutable_request_put()->set_key("b");
  txn.add_success()->mutable_request_range()->set_key("b");
  txn.add_success()->mutable_request_txn()->add_success()->mutable_request_delete_range()->set_key("a");
  txn.add_failure()->mutable_request_range()->set_key("a");
  const auto response = call<etcdserverpb::TxnResponse>("/etcdserverpb.KV/Txn", txn);
  EXPECT_TRUE(response.succeeded());
  EXPECT_EQ(response.header().revision(), 3);
  ASSERT_EQ(response.responses_size(), 3);
  EXPECT_EQ(response.responses(0).response_put().header().revision(), 3);
  EXPECT_EQ(response.responses(1).response_range().kvs_size(), 1)
      << "a range sees what the txn wrote before it";
  ASSERT_TRUE(response.responses(2).response_txn().has_header());
  EXPECT_EQ(response.responses(2).response_txn().header().revision(), 0);
  EXPECT_EQ(response.responses(2).response_txn().responses(0).response_delete_range().deleted(), 1);
}

TEST_F(ServicesTest, ATxnOfRangesTakesNoLogEntry) {
  put("a", "1");
  etcdserverpb::TxnRequest txn;
  txn.add_success()->mutable_request_range()->set_key("a");
  const raft::Index before = member_.status().applied;
  const auto response = call<etcdserverpb::TxnResponse>("/etcdserverpb.KV/Txn", txn);
  EXPECT_EQ(response.responses(0).response_range().kvs(0).value(), "1");
  EXPECT_EQ(member_.status().applied, before);
}

TEST_F(ServicesTest, CompactionMakesOldRevisionsUnreadable) {
  put("a", "1");
  put("a", "2");
  etcdserverpb::CompactionRequest compact;
  compact.set_revision(3);
  EXPECT_EQ(call<etcdserverpb::CompactionResponse>("/etcdserverpb.KV/Compact", compact).header().revision(),
            3);
  auto old = range("a");
  old.set_revision(2);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", old).message,
            "etcdserver: mvcc: required revision has been compacted");
  old.set_revision(99);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", old).message,
            "etcdserver: mvcc: required revision is a future revision");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Compact", compact).code, Code::kOutOfRange);
}

TEST_F(ServicesTest, APhysicalCompactionIsAnsweredWhenTheRecordsAreDeleted) {
  put("a", "1");
  put("a", "2");
  etcdserverpb::CompactionRequest compact;
  compact.set_revision(2);
  static_cast<void>(call<etcdserverpb::CompactionResponse>("/etcdserverpb.KV/Compact", compact));
  EXPECT_EQ(member_.compactions_awaited, 0);
  compact.set_revision(3);
  compact.set_physical(true);
  EXPECT_EQ(call<etcdserverpb::CompactionResponse>("/etcdserverpb.KV/Compact", compact).header().revision(),
            3);
  EXPECT_EQ(member_.compactions_awaited, 1);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Compact", compact).code, Code::kOutOfRange);
  EXPECT_EQ(member_.compactions_awaited, 1);
  put("a", "3");
  member_.compaction_ends = std::unexpected(ServerError::kStopped);
  compact.set_revision(4);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Compact", compact).message, "etcdserver: server stopped");
}

TEST_F(ServicesTest, WhatTheApiRefusesNeverReachesTheMember) {
  const raft::Index before = member_.status().applied;
  EXPECT_EQ(refusal("/etcdserverpb.KV/Put", etcdserverpb::PutRequest()).message,
            "etcdserver: key is not provided");
  EXPECT_EQ(refusal("/etcdserverpb.KV/DeleteRange", etcdserverpb::DeleteRangeRequest()).code,
            Code::kInvalidArgument);
  etcdserverpb::PutRequest leased;
  leased.set_key("k");
  leased.set_lease(5);
  EXPECT_EQ(refusal("/etcdserverpb.KV/Put", leased).message, "etcdserver: requested lease not found");
  EXPECT_EQ(member_.status().applied, before.next()) << "the lease is looked up where the put is applied";
}

TEST_F(ServicesTest, BytesThatAreNoMessageAreInternal) {
  const rpc::UnaryResult result = raw("/etcdserverpb.KV/Put", "\xff\xff\xff\xff");
  EXPECT_EQ(result.status.code, Code::kInternal);
  EXPECT_TRUE(result.status.message.starts_with("grpc: error unmarshalling request"));
}

TEST_F(ServicesTest, TxnsMayNestAsDeepAsTheirBudget) {
  etcdserverpb::TxnRequest txn;
  etcdserverpb::TxnRequest* level = &txn;
  for (int depth = 1; depth < 128; ++depth) level = level->add_success()->mutable_request_txn();
  level->add_success()->mutable_request_put()->set_key("deep");
  EXPECT_TRUE(refusal("/etcdserverpb.KV/Txn", txn).ok());
  EXPECT_EQ(call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range", range("deep")).count(), 1);
  auto& last = *level->add_success()->mutable_request_txn();
  last.add_success()->mutable_request_put()->set_key("deeper");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Txn", txn).message, "etcdserver: too many operations in txn request");
  for (int depth = 0; depth < 2000; ++depth) level = level->add_failure()->mutable_request_txn();
  EXPECT_EQ(refusal("/etcdserverpb.KV/Txn", txn).code, Code::kInternal) << "deeper than any reader goes";
}

TEST_F(ServicesTest, ComparesThatEtcdDoesNotKnowAreTrue) {
  for (int unknown : {4, 256, 257, -1}) {
    etcdserverpb::TxnRequest txn;
    auto& compare = *txn.add_compare();
    compare.set_key("absent");
    compare.set_result(static_cast<etcdserverpb::Compare::CompareResult>(unknown));
    compare.set_target(etcdserverpb::Compare::VERSION);
    compare.set_version(99);
    EXPECT_TRUE(call<etcdserverpb::TxnResponse>("/etcdserverpb.KV/Txn", txn).succeeded()) << unknown;
  }
}

TEST_F(ServicesTest, FailuresOfTheMemberAreTold) {
  member_.failure = RequestFailure{ServerError::kTimeout, Stage::kProposed};
  etcdserverpb::PutRequest request;
  request.set_key("k");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Put", request).message, "etcdserver: request timed out");
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", range("k")).code, Code::kUnavailable);
  auto local = range("k");
  local.set_serializable(true);
  EXPECT_TRUE(refusal("/etcdserverpb.KV/Range", local).ok()) << "a serializable range needs nobody else";
}

TEST_F(ServicesTest, ALearnerAnswersSerializableRangesAndStatusOnly) {
  member_.learner = true;
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", range("k")).message,
            "etcdserver: rpc not supported for learner");
  auto local = range("k");
  local.set_serializable(true);
  EXPECT_TRUE(refusal("/etcdserverpb.KV/Range", local).ok());
  EXPECT_EQ(refusal("/etcdserverpb.KV/Put", etcdserverpb::PutRequest()).code, Code::kFailedPrecondition);
  EXPECT_TRUE(refusal("/etcdserverpb.Maintenance/Status", etcdserverpb::StatusRequest()).ok());
}

TEST_F(ServicesTest, MetadataAsksForALeaderAndMustBeText) {
  member_.leader = false;
  EXPECT_EQ(refusal("/etcdserverpb.KV/Range", range("k"), {{"hasleader", "true"}}).message,
            "etcdserver: no leader");
  EXPECT_TRUE(refusal("/etcdserverpb.KV/Range", range("k"), {{"client-api-version", "3.6"}}).ok());
}

TEST_F(ServicesTest, NoDowngradeIsPossible) {
  using etcdserverpb::DowngradeRequest;
  const auto answer = [this](DowngradeRequest::DowngradeAction action, const std::string& version) {
    DowngradeRequest request;
    request.set_action(action);
    request.set_version(version);
    return refusal("/etcdserverpb.Maintenance/Downgrade", request).message;
  };
  for (const auto* bad : {"", "3", "3.", "v3.5", "3.5.0.0", "3.x"})
    EXPECT_EQ(answer(DowngradeRequest::ENABLE, bad), "etcdserver: wrong downgrade target version format")
        << bad;
  for (const auto* good : {"3.5", "3.5.0"})
    EXPECT_EQ(answer(DowngradeRequest::VALIDATE, good), "etcdserver: invalid downgrade target version");
  EXPECT_EQ(answer(DowngradeRequest::CANCEL, "3.5"), "etcdserver: no inflight downgrade job");
}

TEST_F(ServicesTest, StatusMembersAlarmsAndHealth) {
  const auto status =
      call<etcdserverpb::StatusResponse>("/etcdserverpb.Maintenance/Status", etcdserverpb::StatusRequest());
  EXPECT_EQ(status.version(), "3.6.14");
  EXPECT_GT(status.dbsize(), 0);
  EXPECT_EQ(status.leader(), 7U);
  EXPECT_TRUE(status.has_downgradeinfo());
  const auto members = call<etcdserverpb::MemberListResponse>("/etcdserverpb.Cluster/MemberList",
                                                              etcdserverpb::MemberListRequest());
  ASSERT_EQ(members.members_size(), 1);
  EXPECT_EQ(members.members(0).peerurls(0), "http://p:1");
  EXPECT_EQ(members.header().revision(), 0);
  EXPECT_EQ(call<etcdserverpb::AlarmResponse>("/etcdserverpb.Maintenance/Alarm", etcdserverpb::AlarmRequest())
                .alarms_size(),
            0);
  using grpc::health::v1::HealthCheckRequest;
  using grpc::health::v1::HealthCheckResponse;
  HealthCheckRequest check;
  EXPECT_EQ(call<HealthCheckResponse>("/grpc.health.v1.Health/Check", check).status(),
            HealthCheckResponse::SERVING);
  check.set_service("other");
  EXPECT_EQ(refusal("/grpc.health.v1.Health/Check", check).code, Code::kNotFound);
}

TEST_F(ServicesTest, MethodsThatAreNotThereAreUnimplemented) {
  EXPECT_EQ(refusal("/etcdserverpb.KV/None", etcdserverpb::RangeRequest()).code, Code::kUnimplemented);
  EXPECT_EQ(refusal("/etcdserverpb.None/Range", etcdserverpb::RangeRequest()).code, Code::kUnimplemented);
}

}  // namespace
}  // namespace kv::api
