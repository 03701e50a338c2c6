#include <gtest/gtest.h>

#include "libkv/lease/leases.h"
#include "tests/unit/machine/install_fixture.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using Keys = std::vector<std::string>;

class Lease : public MachineTest {
 protected:
  void grant(std::int64_t lease, std::int64_t ttl = 60) {
    EXPECT_EQ(refusal_of(LeaseGrantOp{.lease = lease, .ttl = ttl}), std::nullopt);
  }
  std::int64_t put_on(const std::string& key, std::int64_t lease) {
    return revision_of(PutOp{.key = key, .value = "v", .lease = lease});
  }
  Keys keys_of(std::int64_t lease) {
    return machine_->leases().read([&](const LeaseTable& table) { return table.keys_of(lease); });
  }
  std::optional<LeaseInfo> info(std::int64_t lease) {
    return machine_->leases().read([&](const LeaseTable& table) { return table.find(lease); });
  }
};

constexpr raft::Term kThisTerm{3};  // of the fixture's entries

TEST_F(Lease, AGrantChangesNoRevisionAndIsRefusedTwice) {
  const std::int64_t before = put("a", "1");
  const Outcome granted = apply(LeaseGrantOp{.lease = 7, .ttl = 60});
  EXPECT_EQ(granted.revision, before);
  EXPECT_EQ(refusal_of(LeaseGrantOp{.lease = 7, .ttl = 60}), KvError::kLeaseExists);
}

TEST_F(Lease, APutNeedsALeaseThatExists) {
  EXPECT_EQ(refusal_of(PutOp{.key = "k", .value = "v", .lease = 7}), KvError::kLeaseNotFound);
  TxnOp txn;
  txn.success.push_back({PutOp{.key = "k", .value = "v", .lease = 7}});
  EXPECT_EQ(refusal_of(txn), KvError::kLeaseNotFound);
  grant(7);
  put_on("k", 7);
  EXPECT_EQ(refusal_of(txn), std::nullopt);
  EXPECT_EQ(get("k")->lease, 7);
}

TEST_F(Lease, ARevokeDeletesItsKeysInOneRevision) {
  grant(7);
  for (const char* key : {"c", "a", "b"}) put_on(key, 7);
  const std::int64_t before = put("other", "stays");
  const Outcome revoked = apply(LeaseRevokeOp{7});
  EXPECT_EQ(revoked.revision, before + 1);
  for (const char* key : {"a", "b", "c"}) EXPECT_EQ(get(key), std::nullopt) << key;
  EXPECT_TRUE(get("other"));
  EXPECT_EQ(refusal_of(LeaseRevokeOp{7}), KvError::kLeaseNotFound);
  EXPECT_EQ(info(7), std::nullopt);
}

TEST_F(Lease, ARevokeWithoutKeysTakesNoRevision) {
  const std::int64_t before = put("a", "1");
  grant(7);
  EXPECT_EQ(apply(LeaseRevokeOp{7}).revision, before);
}

TEST_F(Lease, AKeyHangsOnItsLastLeaseOnly) {
  grant(1);
  grant(2);
  put_on("k", 1);
  put_on("k", 2);
  EXPECT_EQ(keys_of(1), Keys{});
  EXPECT_EQ(keys_of(2), Keys{"k"});
  EXPECT_EQ(refusal_of(LeaseRevokeOp{1}), std::nullopt);
  EXPECT_TRUE(get("k"));
}

TEST_F(Lease, DeletesAndPutsWithoutALeaseLetGo) {
  grant(1);
  for (const char* key : {"k/1", "k/2", "k/3", "l"}) put_on(key, 1);
  put("l", "no lease");
  revision_of(DeleteRangeOp{.key = "k/2", .range_end = "k/9"});
  EXPECT_EQ(keys_of(1), Keys{"k/1"});
  revision_of(PutOp{.key = "k/1", .value = "", .ignore_lease = true});
  EXPECT_EQ(keys_of(1), Keys{"k/1"});
}

TEST_F(Lease, AnExpiryCountsOnlyInTheTermOfTheLeaderThatDecidedIt) {
  grant(1);
  put_on("k", 1);
  EXPECT_EQ(refusal_of(LeaseExpireOp{.lease = 1, .term = raft::Term(2)}), KvError::kLeaseNotFound);
  EXPECT_TRUE(get("k"));
  const Outcome expired = apply(LeaseExpireOp{.lease = 1, .term = kThisTerm});
  ASSERT_TRUE(expired.result);
  EXPECT_TRUE(std::get<LeaseRevokeResult>(*expired.result).expired);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(Lease, WhatRemainsIsKept) {
  grant(1, 600);
  const LeaseCheckpointOp op{.term = kThisTerm, .leases = {{1, 250}, {2, 9}}};
  const Outcome told = apply(op);
  ASSERT_TRUE(told.result);
  EXPECT_EQ(std::get<LeaseCheckpointResult>(*told.result).leases, (std::vector<LeaseRemaining>{{1, 250}}));
  apply(LeaseCheckpointOp{.term = raft::Term(9), .leases = {{1, 3}}});
  reopen();
  EXPECT_EQ(info(1), (LeaseInfo{.id = 1, .ttl = 600, .remaining = 250}));
}

TEST_F(Lease, AStartFindsLeasesAndTheirKeys) {
  grant(1, 30);
  grant(2);
  grant(3);
  put_on("b", 1);
  put_on("a", 1);
  put_on("gone", 2);
  revision_of(DeleteRangeOp{.key = "gone"});
  EXPECT_EQ(refusal_of(LeaseRevokeOp{3}), std::nullopt);
  reopen();
  EXPECT_EQ(info(1), (LeaseInfo{.id = 1, .ttl = 30}));
  EXPECT_EQ(keys_of(1), (Keys{"a", "b"}));
  EXPECT_EQ(keys_of(2), Keys{});
  EXPECT_EQ(info(3), std::nullopt);
  const std::int64_t before = machine_->view().revision();
  EXPECT_EQ(apply(LeaseRevokeOp{1}).revision, before + 1);
}

class LeaseInstall : public installing::Install {};

TEST_F(LeaseInstall, LeasesAndTheirKeysTravelWithTheState) {
  const auto apply = [](Machine& machine, const Operation& operation) {
    const raft::Entry entry{
        .index = machine.applied().index.next(),
        .term = kThisTerm,
        .type = raft::EntryType::kCommand,
        .payload = std::make_shared<const std::string>(encode_command(kSelf, 1, operation))};
    ASSERT_TRUE(machine.apply({&entry, 1}));
  };
  apply(*machine_, LeaseGrantOp{.lease = 5, .ttl = 10});  // unknown to the sender: gone with the install
  apply(*sender_, LeaseGrantOp{.lease = 7, .ttl = 600});
  apply(*sender_, PutOp{.key = "on", .value = "1", .lease = 7});
  apply(*sender_, LeaseCheckpointOp{.term = kThisTerm, .leases = {{7, 300}}});
  auto sink = installing::receive(*machine_, sender_->applied().index, installing::snapshot_of(*sender_));
  ASSERT_TRUE(sink) << sink.error().text();
  ASSERT_TRUE(machine_->install(std::move(*sink)));
  const LeaseTable& table = machine_->leases().table();
  EXPECT_EQ(table.list(), (std::vector<LeaseInfo>{{.id = 7, .ttl = 600, .remaining = 300}}));
  EXPECT_EQ(table.keys_of(7), Keys{"on"});
}

}  // namespace
}  // namespace kv
