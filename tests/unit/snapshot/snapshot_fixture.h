// A small state in memory, its snapshot, and a place where it may be received.
#pragma once

#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

#include <memory>
#include <string>
#include <vector>

#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/store.h"
#include "libkv/snapshot/state_sink.h"
#include "libkv/snapshot/state_source.h"

namespace kv {

inline constexpr std::uint64_t kCluster = 0xc1;

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() : env_(leveldb::NewMemEnv(leveldb::Env::Default())) {
    auto opened = Store::open(
        {.env = env_.get(),
         .path = "/old",
         .value_cache_bytes = 1U << 20U,
         .first_rows = {configuration_row(configuration()), {"m/12345678", "member"}, {"x/x", ""}},
         .first = {raft::Index(1), raft::Term(1)}});
    EXPECT_TRUE(opened);
    store_ = std::move(*opened);
  }

  static raft::Configuration configuration() {
    return {.index = raft::Index(1), .members = {.voters = {raft::NodeId(1), raft::NodeId(2)}}};
  }

  void put(const std::string& key, const std::string& value) {
    store_->begin_request();
    store_->put(key, value, 0);
    store_->end_request();
    commit();
  }
  void remove(const std::string& key) {
    store_->begin_request();
    store_->delete_range(key, "");
    store_->end_request();
    commit();
  }
  void commit() {
    ASSERT_TRUE(store_->commit({.index = store_->applied().index.next(), .term = raft::Term(2)}));
  }

  std::unique_ptr<raft::SnapshotSource> source() {
    const Database& database = *store_->core()->database;
    auto opened = open_state_source(
        std::make_unique<FrozenRows>(database.rows(), database.path(), store_->core()), kCluster);
    EXPECT_TRUE(opened) << opened.error().text();
    return std::move(*opened);
  }

  static std::string read_all(raft::SnapshotSource& source, std::size_t piece) {
    std::string all;
    for (;;) {
      auto bytes = source.read(piece);
      EXPECT_TRUE(bytes) << bytes.error().text();
      EXPECT_LE(bytes->size(), piece);
      if (!bytes || bytes->empty()) return all;
      all += *bytes;
    }
  }
  std::string snapshot() { return read_all(*source(), 1U << 20U); }

  std::unique_ptr<StateSink> sink(std::uint64_t cluster = kCluster) {
    return std::make_unique<StateSink>(StateSinkOptions{
        .env = env_.get(), .path = "/new", .cluster_id = cluster, .value_cache_bytes = 1U << 20U});
  }

  /// The state of those bytes, or why it is none.
  raft::Result<std::unique_ptr<Store>> receive(std::string_view bytes, std::size_t piece = 1U << 20U) {
    auto building = sink();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      RETURN_IF_ERROR(building->write(bytes.substr(0, piece)));
    }
    auto finished = building->finish();
    if (!finished) return raft::fail(std::move(finished.error()));
    return building->take();
  }

  /// Whether anything is in the directory of the new state.
  bool left_behind() {
    std::vector<std::string> files;
    env_->GetChildren("/new", &files);
    return !files.empty();
  }

  const std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<Store> store_;
};

}  // namespace kv
