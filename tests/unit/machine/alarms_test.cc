#include "libkv/machine/alarms.h"

#include <gtest/gtest.h>

#include "libkv/mvcc/record.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using raft::NodeId;

constexpr Alarm kFull{.member = NodeId(3), .type = AlarmType::kNoSpace, .automatic = true};
constexpr Alarm kDamaged{.member = NodeId(2), .type = AlarmType::kCorrupt};

TEST(AlarmTable, KeepsTheFirstOfItsKind) {
  AlarmTable table;
  EXPECT_EQ(table.activate(kFull), kFull);
  Alarm by_hand = kFull;
  by_hand.automatic = false;
  EXPECT_EQ(table.activate(by_hand), kFull);
  table.activate(kDamaged);
  EXPECT_EQ(table.list(), (std::vector<Alarm>{kFull, kDamaged}));
}

TEST(AlarmTable, TheQuotaTakesBackOnlyWhatItRaised) {
  AlarmTable table;
  Alarm by_hand = kFull;
  by_hand.automatic = false;
  table.activate(by_hand);
  EXPECT_EQ(table.deactivate(kFull.member, kFull.type, true), std::nullopt);
  EXPECT_EQ(table.deactivate(kFull.member, kFull.type, false), by_hand);
  EXPECT_EQ(table.deactivate(kFull.member, kFull.type, false), std::nullopt);
}

TEST(AlarmTable, ComesBackFromItsRows) {
  const auto table = AlarmTable::from_rows({AlarmTable::row(kFull), AlarmTable::row(kDamaged)});
  ASSERT_TRUE(table);
  EXPECT_EQ(table->list(), (std::vector<Alarm>{kFull, kDamaged}));
}

TEST(AlarmTable, EveryFlippedBitOfARowIsSeen) {
  const auto [key, value] = AlarmTable::row(kFull);
  for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(AlarmTable::from_rows({{key, damaged}}));
  }
  EXPECT_FALSE(AlarmTable::from_rows({{key, value.substr(1)}}));
  EXPECT_FALSE(AlarmTable::from_rows({{key.substr(1), value}}));
}

TEST(Cost, IsEtcds) {
  EXPECT_EQ(cost_of(PutOp{.key = "abc", .value = "12345"}), 264U);
  EXPECT_EQ(cost_of(DeleteRangeOp{.key = "abc"}), 0U);
  TxnOp txn;
  txn.success = {{DeleteRangeOp{.key = "a"}}};
  EXPECT_EQ(cost_of(txn), 0U);
  txn.success.push_back({PutOp{.key = "a"}});
  txn.failure = {{PutOp{.key = "a"}},
                 {TxnOp{.compares = {}, .success = {{PutOp{.key = "b"}}}, .failure = {}}}};
  EXPECT_EQ(cost_of(txn), 514U);
}

class Alarms : public MachineTest {
 protected:
  void SetUp() override {
    options_.members = {
        {.id = kSelf, .name = "a", .peer_urls = {"http://a:1"}, .client_urls = {"http://a:2"}}};
    open();
  }
};

TEST_F(Alarms, NoSpaceRefusesWhatGrowsAndNothingElse) {
  put("a", "1");
  const Outcome raised = apply(AlarmOp{.alarm = kFull});
  EXPECT_EQ(std::get<AlarmResult>(*raised.result).alarm, kFull);
  EXPECT_EQ(raised.revision, 2);
  EXPECT_EQ(machine_->alarms(), (std::vector<Alarm>{kFull}));
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "2"}), KvError::kNoSpace);
  EXPECT_EQ(refusal_of(LeaseGrantOp{.lease = 5, .ttl = 60}), KvError::kNoSpace);
  TxnOp writes;
  writes.success = {put_op("b")};
  EXPECT_EQ(refusal_of(writes), KvError::kNoSpace);
  TxnOp deletes;
  deletes.success = {delete_op("b")};
  EXPECT_EQ(revision_of(deletes), 2);
  EXPECT_EQ(revision_of(DeleteRangeOp{.key = "a"}), 3);
  EXPECT_EQ(revision_of(CompactOp{.revision = 3}), 3);
  const Outcome disarmed = apply(AlarmOp{.deactivate = true, .alarm = kFull});
  EXPECT_EQ(std::get<AlarmResult>(*disarmed.result).alarm, kFull);
  EXPECT_EQ(put("a", "2"), 4);
}

TEST_F(Alarms, CorruptRefusesEveryChangeOfKeys) {
  put("a", "1");
  apply(AlarmOp{.alarm = kDamaged});
  EXPECT_EQ(refusal_of(PutOp{.key = "a"}), KvError::kCorrupt);
  EXPECT_EQ(refusal_of(DeleteRangeOp{.key = "a"}), KvError::kCorrupt);
  EXPECT_EQ(refusal_of(TxnOp{}), KvError::kCorrupt);
  EXPECT_EQ(refusal_of(CompactOp{.revision = 2}), KvError::kCorrupt);
  EXPECT_EQ(apply(AlarmOp{.deactivate = true, .alarm = kDamaged}).revision, 2);
}

TEST_F(Alarms, SurviveARestart) {
  apply(AlarmOp{.alarm = kFull});
  apply(AlarmOp{.alarm = kDamaged});
  apply(AlarmOp{.deactivate = true, .alarm = kDamaged});
  reopen();
  EXPECT_EQ(machine_->alarms(), (std::vector<Alarm>{kFull}));
}

TEST_F(Alarms, GoWithTheirMember) {
  MemberInfo learner{.id = kFull.member, .peer_urls = {"http://p:1"}, .learner = true};
  ASSERT_TRUE(apply(AddMemberOp{.member = learner}).result);
  apply(AlarmOp{.alarm = kFull});
  ASSERT_TRUE(apply(RemoveMemberOp{.member = kFull.member}).result);
  EXPECT_EQ(machine_->alarms(), std::vector<Alarm>{});
}

}  // namespace
}  // namespace kv
