#include "libraft/disk/repair.h"

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

class Repair : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int life = 0; life < 3; ++life) write(life);
    for (const std::string& path : disk_.files()) {
      if (path.ends_with(".log")) log_ = path;
      if (path.find("MANIFEST") != std::string::npos) manifest_ = path;
    }
  }

  void write(int life) {
    LatchEnv env(&disk_);
    auto database = open_database(database_options(&env), "/db", LogPolicy::kAcknowledged);
    ASSERT_TRUE(database) << database.error().text();
    leveldb::WriteOptions synced;
    synced.sync = true;
    for (int i = 0; i < kRows; ++i) {
      ASSERT_TRUE((*database)->Put(synced, std::to_string(life * kRows + i), std::string(40, 'v')).ok());
    }
  }

  Result<std::vector<Cut>> repair(LogPolicy policy) {
    LatchEnv env(&disk_);
    return repair_logs(env, "/db", policy);
  }

  int rows() {
    LatchEnv env(&disk_);
    auto database = open_database(database_options(&env), "/db", LogPolicy::kAcknowledged);
    if (!database) return -1;
    int found = 0;
    std::string value;
    while ((*database)->Get(read_options(), std::to_string(found), &value).ok()) ++found;
    return found;
  }

  void expect_damage_and_no_change(const std::string& place) {
    const auto before = disk_.image();
    const auto repaired = repair(LogPolicy::kAcknowledged);
    ASSERT_FALSE(repaired);
    EXPECT_EQ(repaired.error().code, ErrorCode::kCorruption);
    EXPECT_NE(repaired.error().text().find(place), std::string::npos) << repaired.error().text();
    EXPECT_TRUE(disk_.image() == before);
  }

  static constexpr int kRows = 10;
  FaultEnv disk_;
  std::string log_;
  std::string manifest_;
};

TEST_F(Repair, AWholeDatabaseIsLeftAlone) {
  const auto before = disk_.image();
  const auto repaired = repair(LogPolicy::kAcknowledged);
  ASSERT_TRUE(repaired);
  EXPECT_TRUE(repaired->empty());
  EXPECT_TRUE(disk_.image() == before);
  EXPECT_EQ(rows(), 3 * kRows);
}

TEST_F(Repair, ATornTailIsCutAndNothingElse) {
  const std::string whole = disk_.content(log_);
  disk_.set_content(log_, whole.substr(0, whole.size() - 5) + std::string(40'000, '\0'));
  const auto repaired = repair(LogPolicy::kAcknowledged);
  ASSERT_TRUE(repaired) << repaired.error().text();
  ASSERT_EQ(repaired->size(), 1U);
  EXPECT_EQ(disk_.content(log_), whole.substr(0, repaired->front().offset));
  EXPECT_EQ(repaired->front().offset + repaired->front().bytes, whole.size() - 5);
  EXPECT_EQ(rows(), 3 * kRows - 1);
}

TEST_F(Repair, DamageInFrontOfValidRecordsNamesItsPlace) {
  std::string bytes = disk_.content(log_);
  bytes[20] ^= '\x01';
  disk_.set_content(log_, bytes);
  expect_damage_and_no_change(log_ + ": damaged at byte 0");
}

TEST_F(Repair, WhatCanBeMadeAgainIsCutAtTheFirstBadRecord) {
  std::string bytes = disk_.content(log_);
  bytes[bytes.size() / 2] ^= '\x01';
  disk_.set_content(log_, bytes);
  const auto repaired = repair(LogPolicy::kRebuildable);
  ASSERT_TRUE(repaired) << repaired.error().text();
  ASSERT_EQ(repaired->size(), 1U);
  EXPECT_LE(repaired->front().offset, bytes.size() / 2);
  const int left = rows();
  EXPECT_GE(left, 2 * kRows);
  EXPECT_LT(left, 3 * kRows);
}

TEST_F(Repair, LaterLogsGoWithTheCutOne) {
  const std::string later = "/db/999999.log";
  disk_.set_content(later, disk_.content(log_));
  std::string bytes = disk_.content(log_);
  bytes[20] ^= '\x01';
  disk_.set_content(log_, bytes);
  expect_damage_and_no_change(log_);
  const auto repaired = repair(LogPolicy::kRebuildable);
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->size(), 2U);
  EXPECT_TRUE(disk_.content(log_).empty());
  EXPECT_TRUE(disk_.content(later).empty());
}

TEST_F(Repair, ALostCurrentIsNotAnEmptyDatabase) {
  ASSERT_TRUE(disk_.RemoveFile("/db/CURRENT").ok());
  expect_damage_and_no_change("CURRENT is missing");
}

TEST_F(Repair, ALostLogFileIsMissed) {
  ASSERT_TRUE(disk_.RemoveFile(log_).ok());
  expect_damage_and_no_change("is missing");
}

TEST_F(Repair, AnUnreadableCurrentIsDamage) {
  disk_.set_content("/db/CURRENT", "MANIFEST");
  expect_damage_and_no_change("/db/CURRENT");
}

TEST_F(Repair, EveryFlippedBitOfTheManifestIsDamage) {
  const std::string whole = disk_.content(manifest_);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    disk_.set_content(manifest_, bytes);
    const auto repaired = repair(LogPolicy::kAcknowledged);
    ASSERT_FALSE(repaired) << "bit " << bit;
    ASSERT_EQ(repaired.error().code, ErrorCode::kCorruption);
  }
}

TEST_F(Repair, ADirectoryWithoutADatabaseIsLeftAlone) {
  LatchEnv env(&disk_);
  EXPECT_TRUE(repair_logs(env, "/elsewhere", LogPolicy::kAcknowledged)->empty());
}

}  // namespace
}  // namespace raft
