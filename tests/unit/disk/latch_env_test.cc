#include "libraft/disk/latch_env.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <memory>
#include <string>

#include "libraft/disk/database.h"
#include "tests/support/fault_env.h"

namespace raft {
namespace {

using testing::FaultEnv;
using testing::Loss;

leveldb::WriteOptions synced() {
  leveldb::WriteOptions options;
  options.sync = true;
  return options;
}

std::unique_ptr<leveldb::DB> open(leveldb::Env& env, std::size_t write_buffer_bytes = 4U << 20U) {
  leveldb::Options options = database_options(&env);
  options.write_buffer_size = write_buffer_bytes;
  leveldb::DB* raw = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, "/db", &raw);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return std::unique_ptr<leveldb::DB>(raw);
}

bool has(leveldb::DB& database, const std::string& key) {
  std::string value;
  return database.Get(read_options(), key, &value).ok();
}

/// Finding F1, which this room is for: LevelDB alone acknowledges writes behind a failed one, and loses them.
TEST(LatchEnv, WithoutItAFailedAppendIsFollowedByAcknowledgedWritesThatAreLost) {
  FaultEnv disk;
  auto database = open(disk);
  ASSERT_TRUE(database->Put(synced(), "before", "v").ok());
  disk.fail_step(1);
  EXPECT_FALSE(database->Put(synced(), "failed", "v").ok());
  EXPECT_TRUE(database->Put(synced(), "after", "v").ok());
  database.reset();
  leveldb::Options options;
  options.env = &disk;
  leveldb::DB* raw = nullptr;
  const bool opened = leveldb::DB::Open(options, "/db", &raw).ok();
  database.reset(raw);
  EXPECT_FALSE(opened && has(*database, "after"));
}

TEST(LatchEnv, AfterTheFirstFaultNothingIsAcknowledged) {
  for (std::uint64_t step = 0; step < 3; ++step) {
    FaultEnv disk;
    LatchEnv env(&disk);
    auto database = open(env);
    ASSERT_TRUE(database->Put(synced(), "before", "v").ok());
    EXPECT_FALSE(env.failed());
    disk.fail_step(step, "first");
    EXPECT_FALSE(database->Put(synced(), "failed", "v").ok());
    EXPECT_FALSE(database->Put(synced(), "after", "v").ok());
    EXPECT_TRUE(env.failed());
    ASSERT_TRUE(env.first_error());
    EXPECT_NE(env.first_error()->what.find("first"), std::string::npos);
    database.reset();
    LatchEnv again(&disk);
    std::vector<Cut> cuts;
    auto reopened = open_database(database_options(&again), "/db", LogPolicy::kAcknowledged, &cuts);
    ASSERT_TRUE(reopened) << reopened.error().text();
    EXPECT_TRUE(has(**reopened, "before"));
    EXPECT_FALSE(has(**reopened, "after"));
  }
}

/// Finding F2: writes that were not synced vanish from the middle when the log rotates, unless it is synced
/// first.
int survivors_of_a_rotation(leveldb::Env& env, FaultEnv& disk) {
  auto database = open(env, 64U << 10U);
  const std::string first = "/db/000003.log";
  const std::size_t files = disk.files().size();
  int written = 0;
  while (disk.files().size() == files) {
    EXPECT_TRUE(database->Put({}, "k" + std::to_string(written++), std::string(1'000, 'x')).ok());
  }
  EXPECT_TRUE(database->Put(synced(), "last", "v").ok());
  disk.cut_power(0);
  disk.run_background();
  database.reset();
  Random random(1);
  disk.power_on(Loss::kEverything, random);
  LatchEnv again(&disk);
  auto reopened = open_database(database_options(&again), "/db", LogPolicy::kRebuildable);
  EXPECT_TRUE(reopened && has(**reopened, "last"));
  int lost = 0;
  for (int i = 0; i < written; ++i) lost += has(**reopened, "k" + std::to_string(i)) ? 0 : 1;
  return lost;
}

TEST(LatchEnv, ARotationLosesNothingFromTheMiddle) {
  FaultEnv bare_disk;
  EXPECT_GT(survivors_of_a_rotation(bare_disk, bare_disk), 0);
  FaultEnv disk;
  LatchEnv env(&disk);
  EXPECT_EQ(survivors_of_a_rotation(env, disk), 0);
}

TEST(LatchEnv, AFailedSyncOfARotatedLogIsSeen) {
  FaultEnv disk;
  LatchEnv env(&disk);
  leveldb::WritableFile* raw = nullptr;
  ASSERT_TRUE(env.NewWritableFile("/db/1.log", &raw).ok());
  std::unique_ptr<leveldb::WritableFile> file(raw);
  ASSERT_TRUE(file->Append("x").ok());
  disk.fail_step(0);
  file.reset();
  EXPECT_TRUE(env.failed());
}

TEST(LatchEnv, AMissingFileIsNoFault) {
  FaultEnv disk;
  LatchEnv env(&disk);
  leveldb::SequentialFile* sequential = nullptr;
  EXPECT_TRUE(env.NewSequentialFile("/nothing", &sequential).IsNotFound());
  leveldb::RandomAccessFile* random = nullptr;
  EXPECT_TRUE(env.NewRandomAccessFile("/nothing", &random).IsNotFound());
  EXPECT_TRUE(env.RemoveFile("/nothing").IsNotFound());
  EXPECT_FALSE(env.failed());
  EXPECT_FALSE(env.first_error());
}

TEST(LatchEnv, EveryKindOfCallLatches) {
  using Call = leveldb::Status (*)(LatchEnv&);
  const Call calls[] = {
      [](LatchEnv& env) { return env.RenameFile("/a", "/b"); },
      [](LatchEnv& env) { return env.RemoveFile("/a"); },
      [](LatchEnv& env) { return env.CreateDir("/d"); },
      [](LatchEnv& env) {
        std::vector<std::string> names;
        return env.GetChildren("/", &names);
      },
      [](LatchEnv& env) {
        leveldb::WritableFile* file = nullptr;
        return env.NewWritableFile("/w", &file);
      },
      [](LatchEnv& env) {
        leveldb::SequentialFile* file = nullptr;
        return env.NewSequentialFile("/a", &file);
      },
      [](LatchEnv& env) {
        leveldb::RandomAccessFile* file = nullptr;
        return env.NewRandomAccessFile("/a", &file);
      },
  };
  for (const Call call : calls) {
    FaultEnv disk;
    disk.set_content("/a", "x");
    LatchEnv env(&disk);
    disk.fail_step(0);
    EXPECT_TRUE(call(env).IsIOError());
    EXPECT_TRUE(env.failed());
    EXPECT_TRUE(env.CreateDir("/other").IsIOError());
  }
}

}  // namespace
}  // namespace raft
