// Contract section 2.2, row by row.
#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

class Range : public StoreTest {
 protected:
  void SetUp() override {
    open();
    put("a", "3");  // revision 2
    put("b", "1");  // 3
    put("c", "2");  // 4
    put("a", "4");  // 5
    put("d", "0");  // 6
    remove("d");    // 7
    put("e", "9");  // 8
  }
};

TEST_F(Range, EmptyRangeEndIsExactlyTheKey) {
  const RangeResult result = range(one("a"));
  ASSERT_EQ(result.kvs.size(), 1U);
  EXPECT_EQ(result.kvs[0], (KeyValue{"a", "4", 2, 5, 2, 0}));
  EXPECT_EQ(result.count, 1);
  EXPECT_FALSE(result.more);
}

TEST_F(Range, AKeyThatNeverExistedIsNothing) {
  EXPECT_EQ(range(one("x")), RangeResult{});
  EXPECT_EQ(range(one("d")), RangeResult{}) << "deleted";
}

TEST_F(Range, AZeroByteAsRangeEndIsEverythingFromTheKeyOn) {
  EXPECT_EQ(keys_of(range(between("b", std::string(1, '\0')))), "b c e");
  EXPECT_EQ(keys_of(range(everything())), "a b c e");
}

TEST_F(Range, RangeEndIsExcluded) {
  EXPECT_EQ(keys_of(range(between("a", "c"))), "a b");
  EXPECT_EQ(range(between("c", "c")), RangeResult{});
  EXPECT_EQ(range(between("c", "a")), RangeResult{});
}

TEST_F(Range, KeysCompareAsUnsignedBytes) {
  put("\xff", "high");
  put("\x7f", "low");
  EXPECT_EQ(keys_of(range(between("f", std::string(1, '\0')))), "\x7f \xff");
}

TEST_F(Range, APageIsTheSameWithoutACount) {
  for (const std::int64_t revision : {0, 6, 5}) {
    RangeOp op = everything(revision);
    op.limit = 2;
    RangeResult expected = range(op);
    EXPECT_TRUE(expected.more);
    expected.count = 0;
    EXPECT_EQ(*store_->view().page(op), expected) << revision;
  }
  EXPECT_EQ(store_->view().page(everything(99)).error().refused, KvError::kFutureRevision);
}

TEST_F(Range, RevisionZeroAndBelowAreTheNewest) {
  EXPECT_EQ(range(one("a", 0)).kvs[0].value, "4");
  EXPECT_EQ(range(one("a", -5)).kvs[0].value, "4");
}

TEST_F(Range, APastRevisionShowsTheStateOfThen) {
  EXPECT_EQ(range(one("a", 4)).kvs[0], (KeyValue{"a", "3", 2, 2, 1, 0}));
  EXPECT_EQ(keys_of(range(everything(6))), "a b c d");
  EXPECT_EQ(keys_of(range(everything(7))), "a b c");
  EXPECT_EQ(range(everything(6)).count, 4);
  EXPECT_EQ(range(everything(1)), RangeResult{});
}

TEST_F(Range, AFutureRevisionIsRefused) {
  EXPECT_EQ(refusal(one("a", 9)), KvError::kFutureRevision);
  EXPECT_EQ(refusal(one("a", 8)), std::nullopt);
}

TEST_F(Range, OnlyRevisionsBelowTheCompactedOneAreRefused) {
  compact(5);
  EXPECT_EQ(refusal(one("a", 4)), KvError::kCompacted);
  EXPECT_EQ(range(one("a", 5)).kvs[0].value, "4");
  compact_all();
  EXPECT_EQ(keys_of(range(everything(5))), "a b c");
  EXPECT_EQ(keys_of(range(everything(6))), "a b c d");
}

TEST_F(Range, ALimitCutsAndCountDoesNot) {
  RangeOp op = everything();
  op.limit = 2;
  const RangeResult result = range(op);
  EXPECT_EQ(keys_of(result), "a b");
  EXPECT_TRUE(result.more);
  EXPECT_EQ(result.count, 4);
  op.key = "b";
  EXPECT_EQ(range(op).count, 3) << "what remains from the page's first key on";
}

TEST_F(Range, MoreIsFalseWhenTheLimitIsJustReached) {
  RangeOp op = everything();
  op.limit = 4;
  EXPECT_FALSE(range(op).more);
  op.limit = 3;
  op.revision = 6;
  EXPECT_TRUE(range(op).more);
  EXPECT_EQ(range(op).count, 4);
}

TEST_F(Range, ANegativeLimitIsNone) {
  RangeOp op = everything();
  op.limit = -1;
  EXPECT_EQ(range(op).kvs.size(), 4U);
  op.limit = INT64_MAX;
  EXPECT_EQ(range(op).kvs.size(), 4U);
}

TEST_F(Range, CountOnlyGivesNoKeys) {
  RangeOp op = everything();
  op.count_only = true;
  op.limit = 1;
  EXPECT_EQ(range(op), (RangeResult{.kvs = {}, .more = false, .count = 4}));
  op.revision = 6;
  EXPECT_EQ(range(op).count, 4);
  op.sort_target = SortTarget::kValue;
  op.min_mod_revision = 100;
  EXPECT_EQ(range(op), (RangeResult{.kvs = {}, .more = false, .count = 4}));
}

TEST_F(Range, KeysOnlyClearsTheValueAlone) {
  RangeOp op = one("a");
  op.keys_only = true;
  EXPECT_EQ(range(op).kvs[0], (KeyValue{"a", "", 2, 5, 2, 0}));
  op.revision = 3;
  EXPECT_EQ(range(op).kvs[0], (KeyValue{"a", "", 2, 2, 1, 0}));
}

TEST_F(Range, SortsByEveryTarget) {
  RangeOp op = everything();
  op.sort_order = SortOrder::kDescend;
  EXPECT_EQ(keys_of(range(op)), "e c b a");
  op.sort_target = SortTarget::kValue;
  EXPECT_EQ(keys_of(range(op)), "e a c b");
  op.keys_only = true;
  EXPECT_EQ(keys_of(range(op)), "e a c b") << "by the value it does not show";
  EXPECT_EQ(range(op).kvs[0].value, "");
  op.sort_order = SortOrder::kAscend;
  op.sort_target = SortTarget::kMod;
  EXPECT_EQ(keys_of(range(op)), "b c a e");
  op.sort_target = SortTarget::kCreate;
  EXPECT_EQ(keys_of(range(op)), "a b c e");
  op.sort_order = SortOrder::kDescend;
  op.sort_target = SortTarget::kVersion;
  EXPECT_EQ(range(op).kvs[0].key, "a");
}

TEST_F(Range, AnExplicitOrderSortsBeforeItCuts) {
  RangeOp op = everything();
  op.limit = 1;
  op.sort_order = SortOrder::kAscend;
  op.sort_target = SortTarget::kValue;
  EXPECT_EQ(keys_of(range(op)), "b");
  op.limit = 2;
  op.sort_order = SortOrder::kDescend;
  op.sort_target = SortTarget::kKey;
  const RangeResult result = range(op);
  EXPECT_EQ(keys_of(result), "e c");
  EXPECT_TRUE(result.more);
}

TEST_F(Range, ATargetWithoutAnOrderSortsWhatTheLimitLeft) {
  put("c", "0");
  RangeOp op = everything();
  op.limit = 1;
  op.sort_target = SortTarget::kValue;
  EXPECT_EQ(keys_of(range(op)), "b") << "of a and b, the first limit + 1 keys; c has the smallest value";
  EXPECT_TRUE(range(op).more);
  op.limit = 0;
  EXPECT_EQ(keys_of(range(op)), "c b a e");
}

TEST_F(Range, BoundsAreInclusiveAndDoNotChangeTheCount) {
  RangeOp op = everything();
  op.min_mod_revision = 4;
  op.max_mod_revision = 5;
  EXPECT_EQ(keys_of(range(op)), "a c");
  EXPECT_EQ(range(op).count, 4);
  op = everything();
  op.min_create_revision = 3;
  op.max_create_revision = 4;
  EXPECT_EQ(keys_of(range(op)), "b c");
  op.revision = 6;
  EXPECT_EQ(keys_of(range(op)), "b c");
}

TEST_F(Range, BoundsComeBeforeTheLimit) {
  RangeOp op = everything();
  op.min_create_revision = 3;
  op.limit = 2;
  EXPECT_EQ(keys_of(range(op)), "b c");
  EXPECT_TRUE(range(op).more);
  op.limit = 3;
  EXPECT_FALSE(range(op).more);
}

TEST_F(Range, AViewStaysWhatItWas) {
  const ReadView before = store_->view();
  put("a", "5");
  remove("b");
  EXPECT_EQ(before.revision(), 8);
  EXPECT_EQ(before.range(one("a"))->kvs[0].value, "4");
  EXPECT_EQ(keys_of(*before.range(everything())), "a b c e");
  EXPECT_EQ(before.range(one("a", 9)).error().refused, KvError::kFutureRevision);
}

TEST_F(Range, TheEmptyStoreHasRevisionOneAndWasNeverCompacted) {
  raft::testing::TemporaryDirectory elsewhere;
  const auto fresh =
      Store::open({.env = leveldb::Env::Default(), .path = elsewhere.path(), .first_rows = {}});
  ASSERT_TRUE(fresh);
  EXPECT_EQ((*fresh)->view().revision(), 1);
  EXPECT_EQ((*fresh)->view().compacted_revision(), -1);
  EXPECT_EQ(*(*fresh)->view().range(everything()), RangeResult{});
}

}  // namespace
}  // namespace kv
