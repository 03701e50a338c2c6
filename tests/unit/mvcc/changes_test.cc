// Changes as they are made, and as history has them.
#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

using StoreChanges = StoreTest;

Change made(std::int64_t revision, std::uint32_t sub, KeyValue kv, std::optional<KeyValue> previous) {
  kv.mod_revision = revision;
  return {
      .revision = {revision, sub}, .kv = std::move(kv), .deleted = false, .previous = std::move(previous)};
}

Change gone(std::int64_t revision, std::uint32_t sub, const std::string& key,
            std::optional<KeyValue> previous) {
  Change change{.revision = {revision, sub}, .kv = {}, .deleted = true, .previous = std::move(previous)};
  change.kv.key = key;
  change.kv.mod_revision = revision;
  return change;
}

TEST_F(StoreChanges, NothingIsCollectedUnlessAsked) {
  put("a", "1");
  const CollectedChanges collected = store_->take_changes();
  EXPECT_EQ(collected.how, Collect::kNothing);
  EXPECT_TRUE(collected.changes.empty());
}

TEST_F(StoreChanges, BatchTellsWhatItDidAndWhatWasThereBefore) {
  put("a", "1");
  put("b", "1");
  store_->collect(Collect::kWithPrevious);
  request([](Store& store) {
    store.put("c", "1", 7);
    store.put("a", "2", 0);
  });
  remove("a", "c");
  const KeyValue a1{"a", "1", 2, 2, 1, 0};
  const KeyValue a2{"a", "2", 2, 4, 2, 0};
  const KeyValue b1{"b", "1", 3, 3, 1, 0};
  const CollectedChanges collected = store_->take_changes();
  EXPECT_EQ(collected.how, Collect::kWithPrevious);
  EXPECT_EQ(collected.changes,
            (std::vector<Change>{made(4, 0, {"c", "1", 4, 4, 1, 7}, std::nullopt), made(4, 1, a2, a1),
                                 gone(5, 0, "a", a2), gone(5, 1, "b", b1)}));
  EXPECT_EQ(store_->take_changes().how, Collect::kNothing);
}

TEST_F(StoreChanges, WhatWasBeforeIsReadFromDiskWhenTheCacheForgotIt) {
  cache_bytes_ = 1;
  reopen();
  put("a", "1");
  store_->collect(Collect::kWithPrevious);
  put("a", "2");
  EXPECT_EQ(store_->take_changes().changes.at(0).previous, (KeyValue{"a", "1", 2, 2, 1, 0}));
}

TEST_F(StoreChanges, WhatWasBeforeIsThereEvenIfTheBatchCompactsIt) {
  put("a", "1");
  store_->collect(Collect::kWithPrevious);
  store_->begin_request();
  store_->put("a", "2", 0);
  store_->end_request();
  compact(3);
  compact_all();
  EXPECT_EQ(store_->take_changes().changes.at(0).previous, (KeyValue{"a", "1", 2, 2, 1, 0}));
}

TEST_F(StoreChanges, BatchThatIsTooLargeIsNotCollected) {
  store_->collect(Collect::kChanges);
  const std::string value(1U << 20U, 'v');
  store_->begin_request();
  for (int i = 0; i < 65; ++i) store_->put("k" + std::to_string(i), value, 0);
  store_->end_request();
  commit();
  const CollectedChanges collected = store_->take_changes();
  EXPECT_EQ(collected.how, Collect::kNothing);
  EXPECT_TRUE(collected.changes.empty());
}

TEST_F(StoreChanges, HistoryIsWhatWasCollected) {
  store_->collect(Collect::kWithPrevious);
  for (int i = 0; i < 100; ++i) {
    request([&](Store& store) {
      store.put("k" + std::to_string(i % 7), std::to_string(i), 0);
      if (i % 5 == 0) store.delete_range("k" + std::to_string((i + 3) % 7), "");
      if (i % 11 == 0) store.delete_range("k" + std::to_string(i % 7), "");  // as soon as it was put
    });
  }
  const std::vector<Change> made_so = store_->take_changes().changes;
  const std::int64_t last = store_->revision();
  const auto read = store_->view().changes({.from = 2, .to = last, .previous = true});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->changes, made_so);
  EXPECT_EQ(read->next, last + 1);
  const auto plain = store_->view().changes({.from = 2, .to = last});
  EXPECT_FALSE(plain->changes.back().previous);
}

TEST_F(StoreChanges, HistoryComesInPiecesThatNeverCutARevision) {
  for (int i = 0; i < 10; ++i) {
    request([](Store& store) {
      store.put("a", std::string(100, 'v'), 0);
      store.put("b", std::string(100, 'v'), 0);
    });
  }
  const auto by_count = store_->view().changes({.from = 3, .to = 11, .revisions_max = 4});
  EXPECT_EQ(by_count->changes.size(), 8U);
  EXPECT_EQ(by_count->next, 7);
  const auto by_bytes = store_->view().changes({.from = 3, .to = 11, .bytes_max = 1});
  EXPECT_EQ(by_bytes->changes.size(), 2U);
  EXPECT_EQ(by_bytes->next, 4);
  const auto up_to = store_->view().changes({.from = 10, .to = 10});
  EXPECT_EQ(up_to->changes.size(), 2U);
  EXPECT_EQ(up_to->next, 11);
}

TEST_F(StoreChanges, HistoryBelowTheCompactedRevisionIsRefused) {
  put("a", "1");
  put("a", "2");
  put("a", "3");
  compact(3);
  compact_all();
  const auto below = store_->view().changes({.from = 2, .to = 4});
  ASSERT_FALSE(below);
  EXPECT_EQ(below.error().refused, KvError::kCompacted);
  const auto at = store_->view().changes({.from = 3, .to = 4, .previous = true});
  ASSERT_TRUE(at);
  ASSERT_EQ(at->changes.size(), 2U);
  EXPECT_FALSE(at->changes[0].previous);
  EXPECT_EQ(at->changes[1].previous, (KeyValue{"a", "2", 2, 3, 2, 0}));
}

}  // namespace
}  // namespace kv
