#include "libkv/mvcc/store.h"

#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

using StoreWrites = StoreTest;

TEST_F(StoreWrites, ARequestTakesOneRevisionAndItsChangesShareIt) {
  request([](Store& store) {
    store.put("b", "1", 0);
    store.put("a", "2", 0);
  });
  EXPECT_EQ(store_->revision(), 2);
  EXPECT_EQ(range(one("a")).kvs[0].mod_revision, 2);
  EXPECT_EQ(range(one("b")).kvs[0].mod_revision, 2);
}

TEST_F(StoreWrites, ARequestThatChangesNothingTakesNone) {
  request([](Store& store) { EXPECT_EQ(store.delete_range("x", ""), 0); });
  EXPECT_EQ(store_->revision(), 1);
  EXPECT_EQ(store_->applied().index, raft::Index(1));
}

TEST_F(StoreWrites, APutOfTheSameValueIsAChange) {
  put("a", "1");
  put("a", "1");
  EXPECT_EQ(range(one("a")).kvs[0], (KeyValue{"a", "1", 2, 3, 2, 0}));
}

TEST_F(StoreWrites, APutAfterADeleteStartsANewGeneration) {
  put("a", "1");
  EXPECT_EQ(remove("a"), 1);
  put("a", "2");
  EXPECT_EQ(range(one("a")).kvs[0], (KeyValue{"a", "2", 4, 4, 1, 0}));
}

TEST_F(StoreWrites, DeletesTakeSubRevisionsInKeyOrder) {
  put("c", "");
  put("a", "");
  put("b", "");
  EXPECT_EQ(remove("a", std::string(1, '\0')), 3);
  EXPECT_EQ(store_->revision(), 5);
  const auto rows = store_->rows(kRecordPrefix);
  std::string order;
  for (const auto& [key, value] : *rows) {
    const ParsedKey parsed = *parse_key(key);
    if (!parsed.mark && parsed.revision.main == 5) order += decode_record(parsed.revision, value)->record.key;
  }
  EXPECT_EQ(order, "abc");
}

TEST_F(StoreWrites, ARequestSeesItsOwnChangesAndViewsDoNot) {
  put("a", "1");
  store_->begin_request();
  EXPECT_EQ(store_->revision(), 2);
  store_->put("a", "2", 0);
  EXPECT_EQ(store_->revision(), 3);
  EXPECT_EQ(store_->range(one("a"))->kvs[0], (KeyValue{"a", "2", 2, 3, 2, 0}));
  EXPECT_EQ(store_->range(one("a", 2))->kvs[0].value, "1");
  EXPECT_EQ((*store_->get("a"))->value, "2");
  EXPECT_EQ(range(one("a")).kvs[0].value, "1");
  store_->delete_range("a", "");
  EXPECT_FALSE(store_->exists("a"));
  store_->end_request();
  commit();
  EXPECT_EQ(range(one("a")).kvs.size(), 0U);
  EXPECT_EQ(range(one("a", 3)).count, 0);
}

TEST_F(StoreWrites, TheCacheIsNeverNeeded) {
  cache_bytes_ = 0;
  reopen();
  store_->begin_request();
  store_->put("a", "1", 0);
  EXPECT_EQ((*store_->get("a"))->value, "1") << "written in this batch, not on disk yet";
  store_->end_request();
  commit();
  EXPECT_EQ(range(one("a")).kvs[0].value, "1");
}

TEST_F(StoreWrites, ManyMissesAreReadInOneWalk) {
  cache_bytes_ = 0;
  reopen();
  for (int i = 0; i < 300; ++i) put("k" + std::to_string(i % 100), std::to_string(i));
  const RangeResult now = range(everything());
  const RangeResult then = range(everything(201));
  ASSERT_EQ(now.kvs.size(), 100U);
  ASSERT_EQ(then.kvs.size(), 100U);
  for (const KeyValue& kv : now.kvs) EXPECT_EQ("k" + std::to_string(std::stoi(kv.value) - 200), kv.key);
  for (const KeyValue& kv : then.kvs) EXPECT_EQ("k" + std::to_string(std::stoi(kv.value) - 100), kv.key);
}

TEST_F(StoreWrites, CompactRefusesWhatIsCompactedAndWhatIsNotYet) {
  put("a", "1");
  EXPECT_EQ(store_->compact(-1).error(), KvError::kCompacted);
  EXPECT_TRUE(store_->compact(0)) << "once, on a store never compacted";
  EXPECT_EQ(store_->compact(0).error(), KvError::kCompacted);
  EXPECT_EQ(store_->compact(3).error(), KvError::kFutureRevision);
  EXPECT_TRUE(store_->compact(2));
  EXPECT_EQ(store_->compact(2).error(), KvError::kCompacted);
}

TEST_F(StoreWrites, CompactionDeletesRecordsAndMarksPhysically) {
  for (int i = 0; i < 100; ++i) put("a", std::to_string(i));
  put("gone", "1");
  remove("gone");
  put("b", "1");
  const std::uint64_t before = store_->facts().bytes_in_use;
  compact(104);
  compact_all();
  EXPECT_EQ(stored_records(), 2U) << "the newest a, and b";
  EXPECT_LE(stored_marks(), 2U);
  EXPECT_LT(store_->facts().bytes_in_use, before / 10);
  EXPECT_EQ(range(one("a")).kvs[0].version, 100);
  EXPECT_FALSE(*store_->compact_some());
  reopen();
  EXPECT_EQ(range(one("a")).kvs[0].version, 100);
}

TEST_F(StoreWrites, ATombstoneAtTheCompactedRevisionSurvives) {
  put("a", "1");
  remove("a");
  compact(3);
  compact_all();
  EXPECT_EQ(stored_records(), 1U);
  put("b", "1");
  compact(4);
  compact_all();
  EXPECT_EQ(stored_records(), 1U) << "b alone";
}

TEST_F(StoreWrites, CompactionWaitsForOlderViews) {
  put("a", "1");
  put("a", "2");
  cache_bytes_ = 0;
  reopen();
  auto old = std::make_unique<ReadView>(store_->view());
  compact(3);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(*store_->compact_some());
  EXPECT_EQ(old->range(one("a", 2))->kvs[0].value, "1") << "its records are still there";
  EXPECT_EQ(stored_records(), 2U);
  old.reset();
  compact_all();
  EXPECT_EQ(stored_records(), 1U);
}

TEST_F(StoreWrites, AViewThatOutlivesTheStoreIsReadable) {
  put("a", "1");
  const ReadView view = store_->view();
  store_.reset();
  EXPECT_EQ(view.range(one("a"))->kvs[0].value, "1");
}

TEST_F(StoreWrites, BatchesThatChangeNothingDoNotPileUp) {
  put("a", "1");
  for (int i = 0; i < 50; ++i) commit();
  EXPECT_EQ(stored_marks(), 2U);
  EXPECT_EQ(store_->applied().index, raft::Index(51));
}

TEST_F(StoreWrites, SizesAreNeverZeroAndInUseIsNeverAboveOnDisk) {
  EXPECT_GE(store_->facts().bytes_on_disk, 1U);
  put("a", std::string(10000, 'x'));
  EXPECT_GE(store_->facts().bytes_on_disk, 10000U);
  EXPECT_GE(store_->facts().bytes_in_use, 10000U);
  EXPECT_LE(store_->facts().bytes_in_use, store_->facts().bytes_on_disk);
}

TEST_F(StoreWrites, GenerationsEndWithTheirReaders) {
  for (int i = 0; i < 20; ++i) put("a", "1");
  EXPECT_EQ(store_->generations(), 1U);
  const ReadView held = store_->view();
  for (int i = 0; i < 20; ++i) put("a", "1");
  EXPECT_EQ(store_->generations(), 2U);
}

TEST_F(StoreWrites, TheChainDependsOnTheRecordsAndNotOnTheBatches) {
  const auto run = [](bool one_batch) {
    raft::testing::TemporaryDirectory directory;
    auto store = *Store::open({.env = leveldb::Env::Default(), .path = directory.path(), .first_rows = {}});
    for (int i = 0; i < 10; ++i) {
      store->begin_request();
      store->put("k" + std::to_string(i), "v", 0);
      store->end_request();
      if (!one_batch) {
        EXPECT_TRUE(store->commit({.index = raft::Index(i + 1ULL), .term = raft::Term(1)}));
      }
    }
    EXPECT_TRUE(store->commit({.index = raft::Index(11), .term = raft::Term(1)}));
    return store->chain();
  };
  EXPECT_EQ(run(true), run(false));
  EXPECT_NE(run(true), 0U);
}

}  // namespace
}  // namespace kv
