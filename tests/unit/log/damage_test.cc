// Bytes on disk change: the log that opens is the log that was written, or it does not open.
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include "libraft/disk/database.h"
#include "libraft/log/keys.h"
#include "libraft/log/recover.h"
#include "tests/unit/log/script.h"

namespace raft {
namespace {

using testing::difference;
using testing::entry;
using testing::kLogPath;
using testing::LogOnDisk;
using testing::Model;
using testing::Step;

class LogDamage : public ::testing::Test {
 protected:
  void write(int entries) {
    LogOnDisk log(disk_);
    ASSERT_TRUE(log.open());
    for (int i = 0; i < entries; ++i) {
      const std::uint64_t next = model_.last().value() + 1;
      const Step step = LogBatch{.hard_state = HardState{Term(1 + next / 3), NodeId(1)},
                                 .entries = {entry(next, 1 + next / 3, "payload " + std::to_string(next))}};
      ASSERT_TRUE(log.run(step));
      model_.apply(step);
      before_last_ = last_size_;
      last_size_ = disk_.content(newest_log()).size();
    }
  }

  [[nodiscard]] std::string newest_log() const {
    std::string newest;
    for (const std::string& path : disk_.files())
      if (path.ends_with(".log")) newest = path;
    return newest;
  }

  /// Opens what `path` holds with one bit changed: refused as damage, or exactly what was written.
  void flip(const std::string& path, std::size_t bit) {
    std::string bytes = image_.at(path);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    disk_.restore(image_);
    disk_.set_content(path, bytes);
    const auto damaged = disk_.image();
    LogOnDisk log(disk_);
    const auto opened = log.open();
    const std::string context = path + " bit " + std::to_string(bit);
    if (opened) {
      EXPECT_EQ(difference(log.store(), model_), "") << context;
      ++harmless_;
      return;
    }
    ++refused_;
    EXPECT_TRUE(opened.error().code == ErrorCode::kCorruption || opened.error().code == ErrorCode::kMismatch)
        << context << ": " << opened.error().text();
    EXPECT_TRUE(disk_.image() == damaged) << context << ": the damaged log was changed";
  }

  /// Opens the database of the log behind its back.
  template <class Change>
  void change(Change action) {
    LatchEnv env(&disk_);
    auto database = open_database(database_options(&env), kLogPath, LogPolicy::kAcknowledged);
    ASSERT_TRUE(database);
    action(**database);
  }

  void expect_refused(ErrorCode code, const std::string& place) {
    const auto before = disk_.image();
    LogOnDisk log(disk_);
    const auto opened = log.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code);
    EXPECT_NE(opened.error().text().find(place), std::string::npos) << opened.error().text();
    EXPECT_TRUE(disk_.image() == before) << "the log was changed";
  }

  testing::FaultEnv disk_;
  Model model_;
  std::size_t before_last_ = 0;
  std::size_t last_size_ = 0;
  std::map<std::string, std::string> image_;
  int refused_ = 0;
  int harmless_ = 0;
};

TEST_F(LogDamage, AFlippedBitInAnyByteOfAnyFileIsSeenOrHarmless) {
  write(4);  // becomes a table at the next open
  write(4);  // stays in the log file
  image_ = disk_.image();
  int tables = 0;
  for (const auto& [path, bytes] : image_) {
    tables += path.ends_with(".ldb") ? 1 : 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) flip(path, at * 8 + at % 8);
  }
  EXPECT_EQ(tables, 1);
  EXPECT_GT(refused_, 10 * harmless_);
}

TEST_F(LogDamage, ATornLastBatchIsCutAtEveryByte) {
  write(5);
  image_ = disk_.image();
  const std::string path = newest_log();
  Model without = model_;
  without.entries.erase(model_.last());
  without.hard_state = {without.entries.rbegin()->second.term, NodeId(1)};
  for (std::size_t keep = before_last_; keep < last_size_; ++keep) {
    for (const std::size_t zeros : {0U, 30'000U}) {
      disk_.restore(image_);
      disk_.set_content(path, image_.at(path).substr(0, keep) + std::string(zeros, '\0'));
      LogOnDisk log(disk_);
      const auto opened = log.open();
      ASSERT_TRUE(opened) << keep << ": " << opened.error().text();
      ASSERT_EQ(difference(log.store(), without), "") << keep;
    }
  }
}

TEST_F(LogDamage, ATornBatchWithAWholeOneBehindItIsDamage) {
  write(5);
  std::string bytes = disk_.content(newest_log());
  std::fill(bytes.begin() + static_cast<long>(before_last_) - 30,
            bytes.begin() + static_cast<long>(before_last_), '\0');
  disk_.set_content(newest_log(), bytes);
  expect_refused(ErrorCode::kCorruption, newest_log() + ": damaged at byte ");
}

TEST_F(LogDamage, AMissingEntryIsSeen) {
  write(9);
  change([](leveldb::DB& database) { ASSERT_TRUE(database.Delete({}, entry_key(Index(5))).ok()); });
  expect_refused(ErrorCode::kCorruption, "entry 5: is missing; the next one found is 6");
}

TEST_F(LogDamage, ALostLastEntryIsSeen) {
  write(9);
  change([](leveldb::DB& database) { ASSERT_TRUE(database.Delete({}, entry_key(Index(9))).ok()); });
  expect_refused(ErrorCode::kCorruption, "entry 9: is missing");
}

TEST_F(LogDamage, AnEntryBehindTheEndIsSeen) {
  write(3);
  change([](leveldb::DB& database) {
    std::string last;
    ASSERT_TRUE(database.Get({}, entry_key(Index(3)), &last).ok());
    const auto decoded = decode_entry(Index(3), last);
    ASSERT_TRUE(decoded);
    std::string next;
    encode_entry(entry(4, 9, "came back"), decoded->hash, next);
    ASSERT_TRUE(database.Put({}, entry_key(Index(4)), next).ok());
  });
  expect_refused(ErrorCode::kCorruption, "entry 4: is there");
}

TEST_F(LogDamage, ARecordThatCameBackIsSeen) {
  write(9);
  std::string old;
  change([&](leveldb::DB& database) { ASSERT_TRUE(database.Get({}, entry_key(Index(5)), &old).ok()); });
  {
    LogOnDisk log(disk_);
    ASSERT_TRUE(log.open());
    ASSERT_TRUE(log.run(LogBatch{.entries = {entry(5, 9, "new 5"), entry(6, 9, "new 6")}}));
  }
  change([&](leveldb::DB& database) { ASSERT_TRUE(database.Put({}, entry_key(Index(5)), old).ok()); });
  expect_refused(ErrorCode::kCorruption, "entry 6: does not follow the entry before it");
}

TEST_F(LogDamage, ASwappedRecordIsSeen) {
  write(5);
  change([](leveldb::DB& database) {
    std::string second;
    ASSERT_TRUE(database.Get({}, entry_key(Index(2)), &second).ok());
    ASSERT_TRUE(database.Put({}, entry_key(Index(3)), second).ok());
  });
  expect_refused(ErrorCode::kCorruption, "entry 3: holds entry 2");
}

TEST_F(LogDamage, AnOldStateRecordThatCameBackIsNotTheNewest) {
  write(1);
  std::string old;
  change([&](leveldb::DB& database) { ASSERT_TRUE(database.Get({}, state_key(2), &old).ok()); });
  write(3);
  change([&](leveldb::DB& database) { ASSERT_TRUE(database.Put({}, state_key(2), old).ok()); });
  LogOnDisk log(disk_);
  ASSERT_TRUE(log.open());
  EXPECT_EQ(difference(log.store(), model_), "");
}

TEST_F(LogDamage, AnUnknownKeyIsSeen) {
  write(1);
  for (const std::string key : {"a", "e/short", "s/", "z"}) {
    const auto before = disk_.image();
    change([&](leveldb::DB& database) { ASSERT_TRUE(database.Put({}, key, "x").ok()); });
    expect_refused(ErrorCode::kCorruption, "unknown");
    disk_.restore(before);
  }
}

TEST_F(LogDamage, AnUnknownFormatIsRefusedAndNothingIsChanged) {
  write(2);
  change([](leveldb::DB& database) {
    ASSERT_TRUE(database.Put({}, std::string(kVersionKey), std::string(1, '\x02')).ok());
  });
  expect_refused(ErrorCode::kMismatch, "format version: 2, this version reads 1");
}

TEST_F(LogDamage, AMissingFormatIsSeen) {
  write(2);
  change([](leveldb::DB& database) { ASSERT_TRUE(database.Delete({}, std::string(kVersionKey)).ok()); });
  expect_refused(ErrorCode::kCorruption, "format version: is missing");
}

TEST_F(LogDamage, AMissingTableIsSeen) {
  write(4);
  write(4);
  for (const std::string& path : disk_.files()) {
    if (!path.ends_with(".ldb")) continue;
    ASSERT_TRUE(disk_.RemoveFile(path).ok());
  }
  expect_refused(ErrorCode::kCorruption, "missing files");
}

TEST_F(LogDamage, AMissingManifestIsNotTakenForANewLog) {
  write(4);
  for (const std::string& path : disk_.files()) {
    if (path.find("MANIFEST") == std::string::npos) continue;
    ASSERT_TRUE(disk_.RemoveFile(path).ok());
  }
  expect_refused(ErrorCode::kCorruption, "which is missing");
}

TEST_F(LogDamage, ADamagedTableIsNamed) {
  write(4);
  write(4);
  for (const std::string& path : disk_.files()) {
    if (!path.ends_with(".ldb")) continue;
    std::string bytes = disk_.content(path);
    bytes[40] ^= '\x01';
    disk_.set_content(path, bytes);
    expect_refused(ErrorCode::kCorruption, path);
  }
}

TEST_F(LogDamage, VerifyTellsWhatALogHoldsAndChangesNothing) {
  write(9);
  disk_.set_content(newest_log(), disk_.content(newest_log()) + std::string("torn") + std::string(99, '\0'));
  const auto before = disk_.image();
  std::uint64_t visited = 0;
  const auto verified =
      verify_log(disk_, kLogPath, [&](const Entry& seen) { EXPECT_EQ(seen.index.value(), ++visited); });
  ASSERT_TRUE(verified) << verified.error().text();
  EXPECT_EQ(visited, 9U);
  EXPECT_EQ(verified->entries, 9U);
  EXPECT_EQ(verified->state.last, Index(9));
  EXPECT_EQ(verified->cuts.size(), 1U);
  EXPECT_TRUE(disk_.image() == before);
  EXPECT_EQ(verify_log(disk_, "/elsewhere").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace raft
