// A store in a directory of its own, with the shorthands the tests of this room share.
#pragma once

#include <gtest/gtest.h>
#include <leveldb/db.h>
#include <leveldb/env.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libkv/mvcc/store.h"
#include "tests/support/temporary_directory.h"

namespace kv {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  raft::Result<std::unique_ptr<Store>> try_open() {
    return Store::open({.env = leveldb::Env::Default(),
                        .path = directory_.path(),
                        .value_cache_bytes = cache_bytes_,
                        .first_rows = {{"m/first", "row"}}});
  }

  void open() {
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }

  void reopen() {
    store_.reset();
    open();
  }

  /// One request in one batch.
  void request(const std::function<void(Store&)>& change) {
    store_->begin_request();
    change(*store_);
    store_->end_request();
    commit();
  }

  void commit() {
    const auto committed = store_->commit({.index = store_->applied().index.next(), .term = raft::Term(1)});
    ASSERT_TRUE(committed) << committed.error().text();
  }

  void put(const std::string& key, const std::string& value) {
    request([&](Store& store) { store.put(key, value, 0); });
  }

  std::int64_t remove(const std::string& key, const std::string& range_end = "") {
    std::int64_t deleted = 0;
    request([&](Store& store) { deleted = store.delete_range(key, range_end); });
    return deleted;
  }

  void compact(std::int64_t revision) {
    ASSERT_TRUE(store_->compact(revision));
    commit();
  }

  /// Physical compaction to its end. Requires that no old view is held.
  void compact_all() {
    for (;;) {
      const auto more = store_->compact_some();
      ASSERT_TRUE(more) << more.error().text();
      if (!*more) return;
    }
  }

  RangeResult range(const RangeOp& op) {
    const auto result = store_->view().range(op);
    EXPECT_TRUE(result.has_value());
    return result ? *result : RangeResult{};
  }

  std::optional<KvError> refusal(const RangeOp& op) {
    const auto result = store_->view().range(op);
    return result ? std::nullopt : result.error().refused;
  }

  std::size_t stored_records() {
    std::size_t count = 0;
    const auto rows = store_->rows(kRecordPrefix);
    EXPECT_TRUE(rows);
    for (const auto& [key, value] : *rows) {
      if (!parse_key(key)->mark) ++count;
    }
    return count;
  }

  std::size_t stored_marks() { return store_->rows(kRecordPrefix)->size() - stored_records(); }

  /// The database with the store closed.
  std::unique_ptr<leveldb::DB> raw() {
    store_.reset();
    leveldb::DB* database = nullptr;
    EXPECT_TRUE(leveldb::DB::Open({}, directory_.path(), &database).ok());
    return std::unique_ptr<leveldb::DB>(database);
  }

  raft::testing::TemporaryDirectory directory_;
  std::size_t cache_bytes_ = 1U << 20U;
  std::unique_ptr<Store> store_;
};

inline RangeOp one(const std::string& key, std::int64_t revision = 0) {
  RangeOp op;
  op.key = key;
  op.revision = revision;
  return op;
}

inline RangeOp between(const std::string& key, const std::string& range_end, std::int64_t revision = 0) {
  RangeOp op = one(key, revision);
  op.range_end = range_end;
  return op;
}

inline RangeOp everything(std::int64_t revision = 0) {
  return between(std::string(1, '\0'), std::string(1, '\0'), revision);
}

inline std::string keys_of(const RangeResult& result) {
  std::string keys;
  for (const KeyValue& kv : result.kvs) keys += (keys.empty() ? "" : " ") + kv.key;
  return keys;
}

}  // namespace kv
