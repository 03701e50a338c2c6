// Contract section 2.5, row by row.
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using Result = Compare::Result;
using Target = Compare::Target;

class Txn : public MachineTest {
 protected:
  void SetUp() override {
    open();
    put("a", "m");  // revision 2
    put("a", "n");  // 3
    put("b", "z");  // 4
  }

  bool succeeds(const Compare& compare) {
    TxnOp op;
    op.compares = {compare};
    const bool applied = txn(op).succeeded;
    const auto read = read_txn(machine_->view(), op);
    EXPECT_TRUE(read.has_value());
    EXPECT_EQ(read->succeeded, applied) << "on a view as in the log";
    return applied;
  }

  bool number(Target target, Result result, std::int64_t value, const std::string& key = "a") {
    return succeeds({.result = result, .target = target, .key = key, .number = value});
  }

  bool bytes(Result result, const std::string& value, const std::string& key = "a") {
    return succeeds({.result = result, .target = Target::kValue, .key = key, .value = value});
  }
};

TEST_F(Txn, WithoutComparesSucceeds) {
  EXPECT_TRUE(txn({}).succeeded);
}

TEST_F(Txn, ComparesEveryTargetWithEveryResult) {
  EXPECT_TRUE(number(Target::kVersion, Result::kEqual, 2));
  EXPECT_FALSE(number(Target::kVersion, Result::kEqual, 1));
  EXPECT_TRUE(number(Target::kCreate, Result::kGreater, 1));
  EXPECT_FALSE(number(Target::kCreate, Result::kGreater, 2));
  EXPECT_TRUE(number(Target::kMod, Result::kLess, 4));
  EXPECT_FALSE(number(Target::kMod, Result::kLess, 3));
  EXPECT_TRUE(number(Target::kLease, Result::kNotEqual, 1));
  EXPECT_FALSE(number(Target::kLease, Result::kNotEqual, 0));
  EXPECT_TRUE(bytes(Result::kEqual, "n"));
  EXPECT_TRUE(bytes(Result::kGreater, "m"));
  EXPECT_TRUE(bytes(Result::kLess, "n0"));
  EXPECT_FALSE(bytes(Result::kNotEqual, "n"));
}

TEST_F(Txn, AMissingKeyComparesAsZeros) {
  for (const Target target : {Target::kVersion, Target::kCreate, Target::kMod, Target::kLease}) {
    EXPECT_TRUE(number(target, Result::kEqual, 0, "x"));
    EXPECT_FALSE(number(target, Result::kGreater, 0, "x"));
    EXPECT_TRUE(number(target, Result::kLess, 1, "x"));
  }
}

TEST_F(Txn, TheValueOfAMissingKeyComparesAsFalseAlways) {
  for (const Result result : {Result::kEqual, Result::kNotEqual, Result::kLess, Result::kGreater}) {
    EXPECT_FALSE(bytes(result, "", "x"));
    EXPECT_FALSE(bytes(result, "v", "x"));
  }
}

TEST_F(Txn, AnUnknownResultIsTrueAndAnUnknownTargetEqual) {
  EXPECT_TRUE(number(Target::kVersion, static_cast<Result>(9), 77));
  EXPECT_FALSE(bytes(static_cast<Result>(9), "v", "x")) << "a missing key by value stays false";
  EXPECT_TRUE(number(static_cast<Target>(9), Result::kEqual, 77));
  EXPECT_FALSE(number(static_cast<Target>(9), Result::kGreater, 0));
}

TEST_F(Txn, ARangeCompareHoldsForEveryKey) {
  Compare compare{
      .result = Result::kGreater, .target = Target::kMod, .key = "a", .range_end = "c", .number = 2};
  EXPECT_TRUE(succeeds(compare));
  compare.number = 3;
  EXPECT_FALSE(succeeds(compare));
  compare.key = "x";
  compare.range_end = std::string(1, '\0');
  EXPECT_FALSE(succeeds(compare)) << "an empty range is one missing key";
  compare.result = Result::kEqual;
  compare.number = 0;
  EXPECT_TRUE(succeeds(compare));
}

TEST_F(Txn, AllComparesMustHold) {
  TxnOp op;
  op.compares = {{.target = Target::kVersion, .key = "a", .number = 2},
                 {.target = Target::kVersion, .key = "b", .number = 2}};
  op.success = {put_op("s")};
  op.failure = {put_op("f")};
  EXPECT_FALSE(txn(op).succeeded);
  EXPECT_EQ(get("s"), std::nullopt);
  EXPECT_TRUE(get("f"));
}

TEST_F(Txn, NestedComparesAreDecidedBeforeAnyOpRuns) {
  TxnOp inner;
  inner.compares = {{.target = Target::kVersion, .key = "new", .number = 0}};
  inner.success = {put_op("then")};
  inner.failure = {put_op("else")};
  TxnOp outer;
  outer.success = {put_op("new"), txn_op(inner)};
  const TxnResult result = txn(outer);
  EXPECT_TRUE(as_txn(result.responses[1]).succeeded);
  EXPECT_TRUE(get("then"));
  EXPECT_EQ(get("else"), std::nullopt);
}

TEST_F(Txn, SiblingsAndTheirChildrenTakeTheirOwnBranches) {
  const auto decide = [](const std::string& key, bool holds, const std::vector<Op>& then) {
    TxnOp op;
    op.compares = {{.target = Target::kVersion, .key = key, .number = holds ? 0 : 1}};
    op.success = then;
    op.failure = {put_op("not-" + key)};
    return op;
  };
  TxnOp outer;
  outer.success = {
      txn_op(decide("p", true, {txn_op(decide("q", false, {})), txn_op(decide("r", true, {put_op("r")}))})),
      txn_op(decide("s", false, {})), txn_op(decide("t", true, {put_op("t")}))};
  const TxnResult result = txn(outer);
  ASSERT_EQ(result.responses.size(), 3U);
  EXPECT_TRUE(as_txn(result.responses[0]).succeeded);
  EXPECT_FALSE(as_txn(as_txn(result.responses[0]).responses[0]).succeeded);
  EXPECT_TRUE(as_txn(as_txn(result.responses[0]).responses[1]).succeeded);
  EXPECT_FALSE(as_txn(result.responses[1]).succeeded);
  EXPECT_TRUE(as_txn(result.responses[2]).succeeded);
  EXPECT_TRUE(get("not-q") && get("r") && get("not-s") && get("t"));
}

TEST_F(Txn, ARangeSeesTheOpsBeforeIt) {
  TxnOp op;
  op.success = {range_op("c"),  put_op("c", "1"),   range_op("c"),
                delete_op("b"), range_op("a", "d"), range_op("b", "", 4)};
  const TxnResult result = txn(op);
  EXPECT_EQ(as_range(result.responses[0]).count, 0);
  EXPECT_EQ(result.responses[0].revision, 4) << "nothing written yet";
  EXPECT_EQ(as_range(result.responses[2]).kvs[0], (KeyValue{"c", "1", 5, 5, 1, 0}));
  EXPECT_EQ(result.responses[1].revision, 5);
  EXPECT_EQ(result.responses[2].revision, 5);
  EXPECT_EQ(as_delete(result.responses[3]).deleted, 1);
  EXPECT_EQ(as_range(result.responses[4]).count, 2);
  EXPECT_EQ(as_range(result.responses[5]).kvs[0].value, "z") << "the past is what it was";
}

TEST_F(Txn, NestedHeadersCarryNoRevision) {
  TxnOp inner;
  inner.success = {delete_op("x"), range_op("a")};
  TxnOp outer;
  outer.success = {delete_op("x"), put_op("c"), txn_op(inner)};
  const TxnResult result = txn(outer);
  EXPECT_EQ(result.responses[0].revision, 4) << "deleted nothing, nothing changed before";
  EXPECT_EQ(result.responses[2].revision, 0);
  EXPECT_EQ(as_txn(result.responses[2]).responses[0].revision, 5);
  EXPECT_EQ(as_txn(result.responses[2]).responses[1].revision, 5);
}

TEST_F(Txn, TakesOneRevisionIfItChangedSomething) {
  TxnOp op;
  op.success = {put_op("c"), put_op("d"), delete_op("a")};
  EXPECT_EQ(revision_of(op), 5);
  EXPECT_EQ(get("c")->mod_revision, 5);
  TxnOp nothing;
  nothing.success = {delete_op("x"), range_op("a")};
  EXPECT_EQ(revision_of(nothing), 5);
}

TEST_F(Txn, ARevisionThatCannotBeReadAbortsEverything) {
  apply(CompactOp{.revision = 3});
  const auto with = [](std::int64_t revision) {
    TxnOp op;
    op.success = {put_op("c"), range_op("a", "", revision)};
    return op;
  };
  EXPECT_EQ(refusal_of(with(5)), KvError::kFutureRevision) << "though the Txn itself would make revision 5";
  EXPECT_EQ(refusal_of(with(2)), KvError::kCompacted);
  EXPECT_EQ(refusal_of(with(-1)), KvError::kCompacted);
  EXPECT_EQ(get("c"), std::nullopt);
  EXPECT_EQ(machine_->view().revision(), 4);
  EXPECT_EQ(refusal_of(with(3)), std::nullopt);
  EXPECT_EQ(refusal_of(with(0)), std::nullopt);
}

TEST_F(Txn, ANegativeRevisionIsBelowEveryCompactedOne) {
  TxnOp op;
  op.success = {range_op("a", "", -2)};
  EXPECT_EQ(refusal_of(op), KvError::kCompacted);
  EXPECT_EQ(read_txn(machine_->view(), op).error().refused, KvError::kCompacted);
  op.success = {range_op("a", "", -1)};
  EXPECT_EQ(refusal_of(op), std::nullopt) << "-1 is the compacted revision of a store never compacted";
}

TEST_F(Txn, OnlyTheBranchThatRunsCanFail) {
  TxnOp op;
  op.failure = {range_op("a", "", 99)};
  EXPECT_EQ(refusal_of(op), std::nullopt);
}

TEST_F(Txn, AMissingKeyOrLeaseAbortsEverything) {
  TxnOp op;
  op.success = {put_op("c"), Op{PutOp{.key = "x", .value = "", .ignore_value = true}}};
  EXPECT_EQ(refusal_of(op), KvError::kKeyNotFound);
  op.success[1] = Op{PutOp{.key = "x", .value = "1", .lease = 5}};
  EXPECT_EQ(refusal_of(op), KvError::kLeaseNotFound);
  TxnOp outer;
  outer.success = {put_op("d"), txn_op(op)};
  EXPECT_EQ(refusal_of(outer), KvError::kLeaseNotFound);
  EXPECT_EQ(get("c"), std::nullopt);
  EXPECT_EQ(get("d"), std::nullopt);
  EXPECT_EQ(machine_->view().revision(), 4);
}

TEST_F(Txn, OfTwoFaultsThatOfThePutIsTold) {
  TxnOp op;
  op.success = {range_op("a", "", 99), range_op("a", "", -2),
                Op{PutOp{.key = "x", .value = "1", .lease = 5}}};
  EXPECT_EQ(refusal_of(op), KvError::kLeaseNotFound);
  op.success.pop_back();
  EXPECT_EQ(refusal_of(op), KvError::kFutureRevision) << "and of two ranges, that of the first";
}

TEST_F(Txn, AKeyDeletedEarlierOnThePathIsMissing) {
  TxnOp first;
  first.success = {delete_op("a", "b")};
  TxnOp second;
  second.success = {Op{PutOp{.key = "a", .value = "", .ignore_value = true}}};
  TxnOp outer;
  outer.success = {txn_op(first), txn_op(second)};
  EXPECT_EQ(refusal_of(outer), KvError::kKeyNotFound);
  EXPECT_EQ(get("a")->value, "n");
}

TEST_F(Txn, PutAndDeleteOfOneKeyInOneTxnLeavesTheLast) {
  TxnOp first;
  first.success = {put_op("n", "1")};
  TxnOp second;
  second.success = {delete_op("n")};
  TxnOp outer;
  outer.success = {txn_op(first), txn_op(second)};
  EXPECT_EQ(revision_of(outer), 5);
  EXPECT_EQ(get("n"), std::nullopt);
  EXPECT_EQ(get("n", 5), std::nullopt);
  reopen();
  EXPECT_EQ(get("n"), std::nullopt);
}

TEST_F(Txn, PreviousVersionsSeeTheOpsBefore) {
  TxnOp first;
  first.success = {put_op("a", "o")};
  TxnOp second;
  second.success = {Op{DeleteRangeOp{.key = "a", .range_end = "", .prev_kv = true}}};
  TxnOp outer;
  outer.success = {txn_op(first), txn_op(second)};
  const TxnResult result = txn(outer);
  EXPECT_EQ(as_delete(as_txn(result.responses[1]).responses[0]).previous[0],
            (KeyValue{"a", "o", 2, 5, 3, 0}));
}

TEST_F(Txn, IsReadOnlyWhenBothBranchesHoldRangesAlone) {
  TxnOp op;
  EXPECT_TRUE(is_read_only(op));
  op.success = {range_op("a")};
  op.failure = {range_op("b")};
  EXPECT_TRUE(is_read_only(op));
  op.failure.push_back(txn_op({}));
  EXPECT_FALSE(is_read_only(op));
  op.failure = {delete_op("a")};
  EXPECT_FALSE(is_read_only(op));
}

TEST_F(Txn, AReadOnlyTxnAnswersFromOneView) {
  TxnOp op;
  op.compares = {{.target = Target::kVersion, .key = "a", .number = 2}};
  op.success = {range_op("a"), range_op("a", "", 2)};
  const ReadView view = machine_->view();
  put("a", "o");
  const auto result = read_txn(view, op);
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->succeeded);
  EXPECT_EQ(result->responses[0].revision, 4);
  EXPECT_EQ(as_range(result->responses[0]).kvs[0].value, "n");
  EXPECT_EQ(as_range(result->responses[1]).kvs[0].value, "m");
  EXPECT_FALSE(read_txn(machine_->view(), op)->succeeded);
}

}  // namespace
}  // namespace kv
