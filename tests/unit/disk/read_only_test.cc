#include "libraft/disk/read_only.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <memory>
#include <string>

#include "libraft/disk/database.h"
#include "libraft/disk/latch_env.h"
#include "tests/support/fault_env.h"

namespace raft {
namespace {

using testing::FaultEnv;

/// A database whose last rows are in its log file only, behind `tables` tables, and torn behind them.
void fill(FaultEnv& disk, int tables) {
  leveldb::WriteOptions synced;
  synced.sync = true;
  for (int life = 0; life <= tables; ++life) {
    LatchEnv env(&disk);
    auto database = open_database(database_options(&env), "/db", LogPolicy::kAcknowledged);
    ASSERT_TRUE(database) << database.error().text();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE((*database)
                      ->Put(synced, std::to_string(life) + "/" + std::to_string(i), std::string(50, 'v'))
                      .ok());
    }
    disk.run_background();
  }
}

std::size_t count(leveldb::DB& database) {
  const std::unique_ptr<leveldb::Iterator> it(database.NewIterator(read_options()));
  std::size_t rows = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++rows;
  EXPECT_TRUE(it->status().ok());
  return rows;
}

TEST(ReadOnlyDatabase, SeesEverythingAndChangesNothing) {
  for (const int tables : {0, 1, 6}) {
    FaultEnv disk;
    fill(disk, tables);
    const auto before = disk.image();
    {
      auto opened = ReadOnlyDatabase::open(disk, "/db", LogPolicy::kAcknowledged);
      ASSERT_TRUE(opened) << opened.error().text();
      EXPECT_EQ(count((*opened)->database()), static_cast<std::size_t>(tables + 1) * 20);
      EXPECT_TRUE((*opened)->cuts().empty());
    }
    EXPECT_TRUE(disk.image() == before);
  }
}

TEST(ReadOnlyDatabase, ATornTailIsCutInMemoryOnly) {
  FaultEnv disk;
  fill(disk, 1);
  std::string newest;
  for (const std::string& path : disk.files())
    if (path.ends_with(".log")) newest = path;
  const std::string whole = disk.content(newest);
  disk.set_content(newest, whole.substr(0, whole.size() - 3) + std::string(5'000, '\0'));
  const auto before = disk.image();
  auto opened = ReadOnlyDatabase::open(disk, "/db", LogPolicy::kAcknowledged);
  // The last byte of these records may be zero or not; as a value ends in 'v', it is not.
  ASSERT_TRUE(opened) << opened.error().text();
  ASSERT_EQ((*opened)->cuts().size(), 1U);
  EXPECT_EQ((*opened)->cuts()[0].file, newest);
  EXPECT_EQ(count((*opened)->database()), 39U);
  opened->reset();
  EXPECT_TRUE(disk.image() == before);
}

TEST(ReadOnlyDatabase, WhereThereIsNoneIsNotFound) {
  FaultEnv disk;
  const auto opened = ReadOnlyDatabase::open(disk, "/db", LogPolicy::kAcknowledged);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(disk.files().empty());
}

}  // namespace
}  // namespace raft
