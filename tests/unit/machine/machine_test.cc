#include "libkv/machine/machine.h"

#include <map>

#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using MachineApplies = MachineTest;

TEST_F(MachineApplies, AFreshStoreIsAtRevisionOne) {
  EXPECT_EQ(machine_->view().revision(), 1);
  EXPECT_EQ(machine_->view().compacted_revision(), -1);
  EXPECT_EQ(machine_->applied(), raft::EntryId{});
  EXPECT_EQ(get("x"), std::nullopt);
}

/// Contract appendix B, the sequence vectors, in their order.
TEST_F(MachineApplies, TheSequenceVectorsOfTheContract) {
  EXPECT_EQ(put("a", "1"), 2);
  EXPECT_EQ(put("a", "1"), 3);
  EXPECT_EQ(get("a"), (KeyValue{"a", "1", 2, 3, 2, 0}));
  const Outcome nothing = apply(DeleteRangeOp{.key = "b", .range_end = ""});
  EXPECT_EQ(std::get<DeleteRangeResult>(*nothing.result).deleted, 0);
  EXPECT_EQ(nothing.revision, 3);

  TxnOp create;
  create.compares = {{.target = Compare::Target::kMod, .key = "c"}};
  create.success = {put_op("c"), put_op("d")};
  create.failure = {range_op("c")};
  const Outcome created = apply(create);
  EXPECT_TRUE(std::get<TxnResult>(*created.result).succeeded);
  EXPECT_EQ(created.revision, 4);
  EXPECT_EQ(get("c")->mod_revision, 4);
  EXPECT_EQ(get("d")->mod_revision, 4);

  TxnOp read;
  read.success = {range_op("a")};
  EXPECT_EQ(revision_of(read), 4);

  TxnOp inner;
  inner.success = {delete_op("f")};
  TxnOp outer;
  outer.success = {put_op("e"), txn_op(inner)};
  const Outcome nested = apply(outer);
  EXPECT_EQ(nested.revision, 5);
  EXPECT_EQ(std::get<TxnResult>(*nested.result).responses.size(), 2U);

  const Outcome deleted = apply(DeleteRangeOp{.key = "a", .range_end = "c", .prev_kv = true});
  EXPECT_EQ(deleted.revision, 6);
  EXPECT_EQ(std::get<DeleteRangeResult>(*deleted.result).deleted, 1);
  EXPECT_EQ(std::get<DeleteRangeResult>(*deleted.result).previous,
            (std::vector<KeyValue>{{"a", "1", 2, 3, 2, 0}}));

  EXPECT_EQ(put("a", "2"), 7);
  EXPECT_EQ(get("a"), (KeyValue{"a", "2", 7, 7, 1, 0}));
  EXPECT_EQ(get("a", 3), (KeyValue{"a", "1", 2, 3, 2, 0}));
  EXPECT_EQ(get("a", 6), std::nullopt);
  EXPECT_EQ(read_refusal("a", 8), KvError::kFutureRevision);

  EXPECT_EQ(revision_of(CompactOp{.revision = 6}), 7);
  EXPECT_EQ(read_refusal("a", 5), KvError::kCompacted);
  EXPECT_EQ(read_refusal("a", 6), std::nullopt);
  EXPECT_EQ(refusal_of(CompactOp{.revision = 6}), KvError::kCompacted);
  EXPECT_EQ(refusal_of(CompactOp{.revision = 99}), KvError::kFutureRevision);
}

TEST_F(MachineApplies, PutGivesThePreviousVersionOnRequest) {
  Outcome outcome = apply(PutOp{.key = "a", .value = "1", .prev_kv = true});
  EXPECT_EQ(std::get<PutResult>(*outcome.result).previous, std::nullopt);
  outcome = apply(PutOp{.key = "a", .value = "2", .prev_kv = true});
  EXPECT_EQ(std::get<PutResult>(*outcome.result).previous, (KeyValue{"a", "1", 2, 2, 1, 0}));
  outcome = apply(PutOp{.key = "a", .value = "3"});
  EXPECT_EQ(std::get<PutResult>(*outcome.result).previous, std::nullopt);
}

TEST_F(MachineApplies, IgnoreValueKeepsTheValueAndCountsAsAChange) {
  put("a", "1");
  EXPECT_EQ(revision_of(PutOp{.key = "a", .value = "", .ignore_value = true}), 3);
  EXPECT_EQ(get("a"), (KeyValue{"a", "1", 2, 3, 2, 0}));
  EXPECT_EQ(revision_of(PutOp{.key = "a", .value = "2", .ignore_lease = true}), 4);
  EXPECT_EQ(get("a"), (KeyValue{"a", "2", 2, 4, 3, 0}));
}

TEST_F(MachineApplies, IgnoreFlagsOnAMissingKeyAreRefusedWithoutARevision) {
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "", .ignore_value = true}), KvError::kKeyNotFound);
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "1", .ignore_lease = true}), KvError::kKeyNotFound);
  EXPECT_EQ(machine_->view().revision(), 1);
  put("a", "1");
  apply(DeleteRangeOp{.key = "a", .range_end = ""});
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "", .ignore_value = true}), KvError::kKeyNotFound);
  EXPECT_EQ(machine_->view().revision(), 3);
}

TEST_F(MachineApplies, AnUnknownLeaseIsRefusedFirst) {
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "1", .lease = 7}), KvError::kLeaseNotFound);
  EXPECT_EQ(refusal_of(PutOp{.key = "a", .value = "", .lease = 7, .ignore_value = true}),
            KvError::kLeaseNotFound);
  EXPECT_EQ(machine_->view().revision(), 1);
}

TEST_F(MachineApplies, AnEmptyValueIsAValue) {
  put("a", "");
  EXPECT_EQ(get("a"), (KeyValue{"a", "", 2, 2, 1, 0}));
}

TEST_F(MachineApplies, DeleteGivesThePreviousVersionsInKeyOrder) {
  put("b", "2");
  put("a", "1");
  put("c", "3");
  const Outcome outcome = apply(DeleteRangeOp{.key = "a", .range_end = "c", .prev_kv = true});
  const auto& result = std::get<DeleteRangeResult>(*outcome.result);
  EXPECT_EQ(result.deleted, 2);
  ASSERT_EQ(result.previous.size(), 2U);
  EXPECT_EQ(result.previous[0].key, "a");
  EXPECT_EQ(result.previous[1], (KeyValue{"b", "2", 2, 2, 1, 0}));
  EXPECT_EQ(outcome.revision, 5);
}

TEST_F(MachineApplies, CompactionOfAFreshStoreAtZeroSucceedsOnce) {
  EXPECT_EQ(refusal_of(CompactOp{.revision = -1}), KvError::kCompacted);
  EXPECT_EQ(refusal_of(CompactOp{.revision = 0}), std::nullopt);
  EXPECT_EQ(refusal_of(CompactOp{.revision = 0}), KvError::kCompacted);
}

TEST_F(MachineApplies, OutcomesComeInOrderWithTheirProposers) {
  std::vector<raft::Entry> entries;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    entries.push_back(
        {.index = raft::Index(i), .term = raft::Term(2), .type = raft::EntryType::kNoop, .payload = {}});
  }
  const auto command = [](std::uint64_t origin, std::uint64_t sequence, const Operation& operation) {
    return std::make_shared<const std::string>(encode_command(raft::NodeId(origin), sequence, operation));
  };
  entries[1].type = entries[3].type = raft::EntryType::kCommand;
  entries[2].type = raft::EntryType::kConfiguration;
  entries[2].payload = std::make_shared<const std::string>(raft::encode_membership({.voters = {kSelf}}));
  entries[1].payload = command(9, 100, PutOp{.key = "a", .value = "1"});
  entries[3].payload = command(8, 7, PutOp{.key = "a", .value = "2", .prev_kv = true});
  const auto applied = machine_->apply(entries);
  ASSERT_TRUE(applied);
  ASSERT_EQ(applied->size(), 2U);
  EXPECT_EQ((*applied)[0].index, raft::Index(2));
  EXPECT_EQ((*applied)[0].origin, raft::NodeId(9));
  EXPECT_EQ((*applied)[0].sequence, 100U);
  EXPECT_EQ((*applied)[1].origin, raft::NodeId(8));
  EXPECT_EQ(std::get<PutResult>(*(*applied)[1].outcome.result).previous->value, "1") << "of the same batch";
  EXPECT_EQ(machine_->applied(), (raft::EntryId{raft::Index(4), raft::Term(2)}));
}

TEST_F(MachineApplies, WhatANewerVersionWroteIsSkippedAndTheProposerIsTold) {
  put("a", "1");
  std::string payload = encode_command(raft::NodeId(5), 6, CompactOp{.revision = 1});
  payload[1] = 77;
  const raft::Entry entry = next_entry(payload);
  const auto applied = machine_->apply({&entry, 1});
  ASSERT_TRUE(applied);
  EXPECT_EQ((*applied)[0].origin, raft::NodeId(5));
  EXPECT_EQ((*applied)[0].sequence, 6U);
  EXPECT_EQ((*applied)[0].outcome.result.error(), KvError::kUnknownCommand);
  EXPECT_EQ((*applied)[0].outcome.revision, 2);
  EXPECT_EQ(apply_payload("\x09garbage").result.error(), KvError::kUnknownCommand);
  EXPECT_EQ(apply_payload("").result.error(), KvError::kUnknownCommand);
  EXPECT_EQ(machine_->applied().index, raft::Index(4));
}

TEST_F(MachineApplies, TheStateSurvivesReopening) {
  put("a", "1");
  put("b", "2");
  apply(CompactOp{.revision = 2});
  reopen();
  EXPECT_EQ(machine_->applied(), (raft::EntryId{raft::Index(3), raft::Term(3)}));
  EXPECT_EQ(machine_->view().revision(), 3);
  EXPECT_EQ(machine_->view().compacted_revision(), 2);
  EXPECT_EQ(get("b"), (KeyValue{"b", "2", 3, 3, 1, 0}));
  EXPECT_TRUE(machine_->sync());
  EXPECT_GE(machine_->bytes_on_disk(), 1U);
  EXPECT_LE(machine_->bytes_in_use(), machine_->bytes_on_disk());
}

TEST_F(MachineApplies, AnEmptySpanChangesNothing) {
  EXPECT_TRUE(machine_->apply({})->empty());
  EXPECT_EQ(machine_->applied().index, raft::Index(0));
}

TEST_F(MachineApplies, CompactionRunsToItsEnd) {
  for (int i = 0; i < 50; ++i) put("a", std::to_string(i));
  apply(CompactOp{.revision = 51});
  int slices = 0;
  for (auto more = machine_->compact_some(); *more; more = machine_->compact_some()) ASSERT_LT(++slices, 100);
  EXPECT_FALSE(*machine_->compact_some());
  EXPECT_EQ(get("a")->version, 50);
}

class Members : public MachineTest {
 protected:
  void SetUp() override {
    options_.members = {{.id = raft::NodeId(9), .name = "", .peer_urls = {"http://nine:1"}, .learner = true},
                        {.id = raft::NodeId(2), .name = "", .peer_urls = {"http://two:1", "http://two:2"}}};
    open();
  }
};

TEST_F(Members, AreSortedByIdAndUnnamedUntilTheyPublish) {
  const auto members = machine_->members();
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].id, raft::NodeId(2));
  EXPECT_EQ(members[0].peer_urls.size(), 2U);
  EXPECT_EQ(members[1].id, raft::NodeId(9));
  EXPECT_TRUE(members[1].learner);
  EXPECT_EQ(members[1].name, "");
}

TEST_F(Members, PublishingIsReplicatedAndSurvivesReopening) {
  EXPECT_EQ(
      revision_of(PublishMemberOp{.member = raft::NodeId(9), .name = "n9", .client_urls = {"http://nine:2"}}),
      1);
  const MemberInfo expected{.id = raft::NodeId(9),
                            .name = "n9",
                            .peer_urls = {"http://nine:1"},
                            .client_urls = {"http://nine:2"},
                            .learner = true};
  EXPECT_EQ(machine_->members()[1], expected);
  options_.members.clear();
  reopen();
  ASSERT_EQ(machine_->members().size(), 2U);
  EXPECT_EQ(machine_->members()[1], expected);
}

TEST_F(Members, PublishingByWhoIsNotAMemberChangesNothing) {
  const auto before = machine_->members();
  revision_of(PublishMemberOp{.member = raft::NodeId(77), .name = "stranger", .client_urls = {}});
  EXPECT_EQ(machine_->members(), before);
}

}  // namespace
}  // namespace kv
