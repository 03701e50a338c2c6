#include "libkv/mvcc/recover.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/unit/mvcc/store_fixture.h"

namespace kv {
namespace {

class Recover : public StoreTest {
 protected:
  void fill() {
    for (int i = 0; i < 30; ++i) put("k" + std::to_string(i % 7), std::to_string(i));
    remove("k3");
    request([](Store& store) {
      store.put("x", "1", 0);
      store.put("y", "2", 0);
    });
  }

  std::map<std::string, std::string> rows() {
    std::map<std::string, std::string> all;
    for (const char* prefix : {"f/", "m/", "r/"}) {
      const auto found = store_->rows(prefix);
      EXPECT_TRUE(found);
      all.insert(found->begin(), found->end());
    }
    return all;
  }

  void write_raw(const std::string& key, const std::string& value) {
    EXPECT_TRUE(raw()->Put({}, key, value).ok());
  }
  void remove_raw(const std::string& key) { EXPECT_TRUE(raw()->Delete({}, key).ok()); }

  raft::Error damage() {
    auto opened = try_open();
    EXPECT_FALSE(opened);
    return opened ? raft::Error{} : opened.error();
  }
};

TEST_F(Recover, AReopenedStateIsTheSame) {
  fill();
  compact(10);
  const auto before_rows = rows();
  std::vector<RangeResult> before;
  for (std::int64_t revision = 10; revision <= store_->revision(); ++revision) {
    before.push_back(range(everything(revision)));
  }
  const std::int64_t revision = store_->revision();
  const std::uint64_t chain = store_->chain();
  const raft::EntryId applied = store_->applied();
  const std::uint64_t in_use = store_->facts().bytes_in_use;
  reopen();
  EXPECT_EQ(store_->revision(), revision);
  EXPECT_EQ(store_->compacted_revision(), 10);
  EXPECT_EQ(store_->chain(), chain);
  EXPECT_EQ(store_->applied(), applied);
  EXPECT_EQ(store_->facts().bytes_in_use, in_use);
  EXPECT_EQ(rows(), before_rows);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(range(everything(10 + static_cast<std::int64_t>(i))), before[i]);
  }
}

TEST_F(Recover, WhatWasNotCommittedIsNotThere) {
  put("a", "1");
  store_->begin_request();
  store_->put("a", "2", 0);
  store_->end_request();
  reopen();
  EXPECT_EQ(range(one("a")).kvs[0].value, "1");
  EXPECT_EQ(store_->revision(), 2);
}

TEST_F(Recover, CompactionGoesOnWhereItStopped) {
  for (int i = 0; i < 5000; ++i) {
    store_->begin_request();
    store_->put("k" + std::to_string(i % 50), std::to_string(i), 0);
    store_->end_request();
  }
  commit();
  compact(store_->revision());
  for (int slice = 0; slice < 3; ++slice) EXPECT_TRUE(*store_->compact_some());
  const std::size_t left = stored_records();
  EXPECT_LT(left, 5000U);
  EXPECT_GT(left, 50U);
  reopen();
  EXPECT_EQ(stored_records(), left);
  compact_all();
  EXPECT_EQ(stored_records(), 50U);
  reopen();
  EXPECT_EQ(range(everything()).count, 50);
}

TEST_F(Recover, TheRevisionSurvivesTheCompactionOfEverything) {
  put("a", "1");
  remove("a");
  put("b", "1");
  remove("b");
  put("c", "1");
  remove("c");
  compact(7);
  compact_all();
  reopen();
  EXPECT_EQ(store_->revision(), 7);
  put("d", "1");
  EXPECT_EQ(range(one("d")).kvs[0].mod_revision, 8);
}

TEST_F(Recover, FirstRowsAreWrittenOnce) {
  store_->put_row("m/first", "changed");
  commit();
  reopen();
  const auto members = store_->rows(kMemberPrefix);
  ASSERT_EQ(members->size(), 1U);
  EXPECT_EQ((*members)[0].second, "changed");
}

TEST_F(Recover, AnUnknownFormatIsRefusedAndNothingChanges) {
  fill();
  const auto before = rows();
  write_raw(std::string(kFormatKey), "\x02");
  EXPECT_EQ(damage().code, raft::ErrorCode::kMismatch);
  write_raw(std::string(kFormatKey), "\x01");
  open();
  EXPECT_EQ(rows(), before);
}

TEST_F(Recover, AFlippedBitInARecordIsReportedWithItsPlace) {
  fill();
  std::string record = rows().at(record_key({5, 0}));
  record[8] = static_cast<char>(record[8] ^ 4);
  write_raw(record_key({5, 0}), record);
  const raft::Error error = damage();
  EXPECT_EQ(error.code, raft::ErrorCode::kCorruption);
  EXPECT_NE(error.where.find("r/5/0"), std::string::npos) << error.text();
}

TEST_F(Recover, AFlippedBitUnderARunningStoreIsReportedAndNeverReturned) {
  fill();
  cache_bytes_ = 0;
  std::string record = rows().at(record_key({32, 0}));
  reopen();
  const RangeOp read = one("x");
  const Revision revision{33, 0};
  EXPECT_EQ(range(read).kvs[0].mod_revision, revision.main);
  // Through the store's own writes, behind the back of its index.
  record[5] = static_cast<char>(record[5] ^ 1);
  store_->put_row(record_key(revision), record);
  commit();
  const auto result = store_->view().range(read);
  ASSERT_FALSE(result);
  ASSERT_TRUE(result.error().broken);
  EXPECT_EQ(result.error().broken->code, raft::ErrorCode::kCorruption);
}

TEST_F(Recover, EveryMissingRecordIsReported) {
  fill();
  compact(20);
  compact_all();
  for (const auto& [key, value] : rows()) {
    if (!key.starts_with(kRecordPrefix) || parse_key(key)->mark) continue;
    remove_raw(key);
    const raft::Error error = damage();
    EXPECT_EQ(error.code, raft::ErrorCode::kCorruption)
        << place_of(parse_key(key)->revision) << ": " << error.text();
    write_raw(key, value);
  }
  open();
}

TEST_F(Recover, ARecordThatCameBackIsReported) {
  put("a", "1");
  put("a", "2");
  const std::string back = rows().at(record_key({2, 0}));
  compact(3);
  compact_all();
  write_raw(record_key({2, 0}), back);
  EXPECT_EQ(damage().code, raft::ErrorCode::kCorruption);
}

TEST_F(Recover, AMissingOrDamagedLastMarkIsReported) {
  fill();
  auto all = rows();
  const auto [key, value] = *all.rbegin();
  remove_raw(key);
  EXPECT_EQ(damage().code, raft::ErrorCode::kCorruption);
  std::string damaged = value;
  damaged[3] = static_cast<char>(damaged[3] ^ 1);
  write_raw(key, damaged);
  EXPECT_EQ(damage().code, raft::ErrorCode::kCorruption);
  write_raw(key, value);
  open();
}

TEST_F(Recover, RecordsThatAreValidButNotTheOnesWrittenBreakTheChain) {
  fill();
  std::string other;
  encode_record({33, 0}, {.key = "x", .value = "9", .create = 33, .version = 1}, other);
  write_raw(record_key({33, 0}), other);
  const raft::Error error = damage();
  EXPECT_EQ(error.code, raft::ErrorCode::kCorruption);
  EXPECT_NE(error.where.find("mark"), std::string::npos) << error.text();
}

TEST_F(Recover, RowsWithoutAFormatAreReported) {
  fill();
  remove_raw(std::string(kFormatKey));
  EXPECT_EQ(damage().code, raft::ErrorCode::kCorruption);
}

TEST_F(Recover, ATornLogIsAnEarlierState) {
  std::map<std::uint64_t, std::uint64_t> chains;  // by applied index
  for (int i = 0; i < 30; ++i) {
    put("k" + std::to_string(i % 7), std::string(50, 'v'));
    chains[store_->applied().index.value()] = store_->chain();
    if (i == 20) {
      compact(15);
      chains[store_->applied().index.value()] = store_->chain();
    }
  }
  chains[0] = 0;
  store_.reset();
  std::string log;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    if (file.path().extension() == ".log") log = file.path().filename().string();
  }
  const std::uintmax_t size = std::filesystem::file_size(directory_.path() + "/" + log);
  std::uint64_t before = 0;
  for (std::uintmax_t kept = size / 4; kept < size; kept += 37) {
    raft::testing::TemporaryDirectory copy;
    std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
    std::filesystem::resize_file(copy.path() + "/" + log, kept);
    std::filesystem::resize_file(copy.path() + "/" + log,
                                 size + 4096);  // zeros, as preallocation leaves them
    auto opened = Store::open({.env = leveldb::Env::Default(), .path = copy.path(), .first_rows = {}});
    ASSERT_TRUE(opened) << kept << ": " << opened.error().text();
    const std::uint64_t applied = (*opened)->applied().index.value();
    ASSERT_TRUE(chains.contains(applied)) << applied;
    EXPECT_EQ((*opened)->chain(), chains[applied]);
    EXPECT_GE(applied, before);
    before = applied;
  }
  EXPECT_GE(before, 29U);
}

TEST_F(Recover, ADamagedTableIsNamed) {
  fill();
  reopen();  // flushes the log into a table
  store_.reset();
  std::string table;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    if (file.path().extension() == ".ldb") table = file.path().string();
  }
  std::fstream bytes(table, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(19);
  const int was = bytes.get();
  bytes.seekp(19);
  bytes.put(static_cast<char>(was ^ 0x10));
  bytes.close();
  const auto opened =
      Store::open({.env = leveldb::Env::Default(), .path = directory_.path(), .first_rows = {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().where, table);
}

TEST_F(Recover, AFlippedByteInAFileIsReportedAndNeverReturned) {
  fill();
  reopen();  // flushes the log into a table
  const RangeResult truth = range(everything());
  store_.reset();
  for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
    const std::string path = file.path().string();
    if (!path.ends_with(".ldb") && !path.ends_with(".log")) continue;
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 0; at < file.file_size(); at += 97) {
      bytes.seekg(static_cast<std::streamoff>(at));
      const int was = bytes.get();
      const auto write = [&](int value) {
        bytes.seekp(static_cast<std::streamoff>(at));
        bytes.put(static_cast<char>(value));
        bytes.flush();
      };
      write(was ^ 0x10);
      raft::testing::TemporaryDirectory copy;
      std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
      write(was);
      auto opened = Store::open({.env = leveldb::Env::Default(), .path = copy.path(), .first_rows = {}});
      if (!opened) continue;
      const auto read = (*opened)->view().range(everything());
      if (read) {
        EXPECT_EQ(*read, truth) << path << " at " << at;
      }
    }
  }
}

}  // namespace
}  // namespace kv
