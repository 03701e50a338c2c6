#include "libraft/disk/log_tail.h"

#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "libraft/base/random.h"
#include "libraft/disk/crc32c.h"
#include "libraft/disk/log_fragment.h"
#include "tests/support/fault_env.h"

namespace raft {
namespace {

/// The log file that LevelDB itself makes of `values`, one batch each, and where each record ends.
struct Made {
  std::string file;
  std::vector<std::uint64_t> ends;
};

Made make_log(const std::vector<std::string>& values) {
  testing::FaultEnv env;
  leveldb::Options options;
  options.create_if_missing = true;
  options.env = &env;
  leveldb::DB* raw = nullptr;
  EXPECT_TRUE(leveldb::DB::Open(options, "/db", &raw).ok());
  const std::unique_ptr<leveldb::DB> database(raw);
  Made made;
  for (const std::string& value : values) {
    EXPECT_TRUE(database->Put({}, "k", value).ok());
    made.file = env.content("/db/000003.log");
    made.ends.push_back(made.file.size());
  }
  return made;
}

/// Random bytes that end as every batch of the log does.
std::string noise(std::size_t bytes, std::uint64_t seed) {
  Random random(seed);
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(random.next()));
  out.back() = '\xa5';
  return out;
}

Made small_log() {
  return make_log({noise(30, 1), noise(200, 2), noise(1500, 3)});
}

LogTail read(const std::string& file) {
  return read_log_tail(file, RecordEnd::kNeverZero);
}

TEST(LogTail, ReadsWhatLevelDbWrote) {
  const Made made = make_log({noise(10, 1), noise(100'000, 2), noise(32'768, 3), noise(1, 4)});
  std::vector<std::size_t> sizes;
  const LogTail tail = read_log_tail(made.file, RecordEnd::kNeverZero,
                                     [&](std::string_view record) { sizes.push_back(record.size()); });
  EXPECT_EQ(tail.whole_bytes, made.file.size());
  EXPECT_FALSE(tail.damaged_at);
  ASSERT_EQ(sizes.size(), 4U);
  EXPECT_GT(sizes[1], 100'000U);
}

TEST(LogTail, ZerosBehindTheRecordsAreTheEnd) {
  const Made made = small_log();
  const LogTail tail = read(made.file + std::string(100'000, '\0'));
  EXPECT_EQ(tail.whole_bytes, made.file.size());
  EXPECT_FALSE(tail.damaged_at);
}

TEST(LogTail, ALastRecordCutAtAnyByteIsTorn) {
  const Made made = small_log();
  const std::uint64_t start = made.ends[1];
  for (std::uint64_t keep = start + 1; keep < made.file.size(); ++keep) {
    for (const std::size_t zeros : {0U, 50'000U}) {
      const LogTail tail = read(made.file.substr(0, keep) + std::string(zeros, '\0'));
      EXPECT_EQ(tail.whole_bytes, start) << keep;
      // What is missing may be zeros anyway: then the record was never begun.
      EXPECT_TRUE(!tail.damaged_at || tail.torn) << keep << " zeros " << zeros;
    }
  }
}

TEST(LogTail, ALastRecordOfManyBlocksCutAnywhereIsTorn) {
  const Made made = make_log({noise(100, 1), noise(100'000, 2)});
  const std::uint64_t start = made.ends[0];
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t keep = start + 1 + random.below(made.file.size() - start - 1);
    for (const std::size_t zeros : {0U, 150'000U}) {
      const LogTail tail = read(made.file.substr(0, keep) + std::string(zeros, '\0'));
      EXPECT_EQ(tail.whole_bytes, start);
      EXPECT_TRUE(tail.torn) << keep << " zeros " << zeros;
    }
  }
}

TEST(LogTail, ALastRecordWithAnySectorsMissingIsTorn) {
  const Made made = make_log({noise(100, 1), noise(40'000, 2)});
  const std::uint64_t start = made.ends[0];
  Random random(11);
  for (int round = 0; round < 500; ++round) {
    std::string file = made.file;
    bool lost = false;
    for (std::uint64_t at = start; at < file.size();) {
      const std::uint64_t end = std::min<std::uint64_t>((at / 512 + 1) * 512, file.size());
      if (random.below(4) == 0) {
        std::fill(file.begin() + static_cast<long>(at), file.begin() + static_cast<long>(end), '\0');
        lost = true;
      }
      at = end;
    }
    if (!lost) continue;
    const LogTail tail = read(file + std::string(10'000, '\0'));
    EXPECT_EQ(tail.whole_bytes, start) << round;
    EXPECT_TRUE(!tail.damaged_at || tail.torn) << round;
  }
}

TEST(LogTail, AFlippedBitAnywhereIsDamageAndNeverATornTail) {
  const Made made = small_log();
  for (const std::size_t zeros : {0U, 40'000U}) {
    for (std::size_t bit = 0; bit < made.file.size() * 8; bit += 3) {
      std::string file = made.file + std::string(zeros, '\0');
      file[bit / 8] = static_cast<char>(file[bit / 8] ^ (1 << (bit % 8)));
      const LogTail tail = read(file);
      ASSERT_TRUE(tail.damaged_at) << "bit " << bit;
      ASSERT_FALSE(tail.torn) << "bit " << bit << " zeros " << zeros;
    }
  }
}

TEST(LogTail, AFlippedBitInALastRecordFullOfZerosIsDamage) {
  const Made made = make_log({noise(30, 1), std::string(5'000, '\0') + "end"});
  for (std::size_t bit = made.ends[0] * 8; bit < made.file.size() * 8; bit += 37) {
    std::string file = made.file + std::string(8'192, '\0');
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ (1 << (bit % 8)));
    const LogTail tail = read(file);
    ASSERT_TRUE(tail.damaged_at && !tail.torn) << "bit " << bit;
  }
}

TEST(LogTail, AFlippedBitInTheZerosBehindIsHarmless) {
  const Made made = small_log();
  for (std::size_t at = 0; at < 2'000; ++at) {
    std::string file = made.file + std::string(70'000, '\0');
    file[made.file.size() + at * 35] ^= '\x10';
    const LogTail tail = read(file);
    EXPECT_EQ(tail.whole_bytes, made.file.size());
    EXPECT_TRUE(tail.torn) << at;
  }
}

TEST(LogTail, DamageWithAWholeRecordBehindItIsNoTornTail) {
  const Made made = small_log();
  for (const std::size_t record : {0U, 1U}) {
    const std::uint64_t start = record == 0 ? 0 : made.ends[record - 1];
    for (std::uint64_t keep = start; keep < made.ends[record]; ++keep) {
      std::string file = made.file;
      std::fill(file.begin() + static_cast<long>(keep), file.begin() + static_cast<long>(made.ends[record]),
                '\0');
      const LogTail tail = read(file);
      if (tail.whole_bytes == made.file.size()) continue;  // what was filled was zero before
      EXPECT_EQ(tail.whole_bytes, start);
      EXPECT_TRUE(tail.damaged_at && !tail.torn) << "record " << record << " from byte " << keep;
    }
  }
}

TEST(LogTail, ADamagedRecordInAnEarlierBlockIsNoTornTail) {
  Made made = make_log({noise(40'000, 1), noise(100, 2), noise(40'000, 3), noise(100, 4)});
  std::fill_n(made.file.begin() + 1'000, 2'000, '\0');
  const LogTail tail = read(made.file);
  EXPECT_EQ(tail.whole_bytes, 0U);
  EXPECT_TRUE(tail.damaged_at && !tail.torn);
}

TEST(LogTail, AValueThatHoldsALogFileDoesNotMakeATornRecordLookFollowed) {
  const Made inner = small_log();
  const Made made = make_log({noise(30, 1), inner.file + "end"});
  const LogTail tail = read(made.file.substr(0, made.file.size() - 2) + std::string(4'096, '\0'));
  EXPECT_EQ(tail.whole_bytes, made.ends[0]);
  EXPECT_TRUE(tail.torn);
}

TEST(LogTail, RandomBytesNeverReadOutOfBounds) {
  Random random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::string file = noise(1 + random.below(200), random.next());
    for (char& c : file) c = static_cast<char>(c & 0x07);
    const LogTail tail = read(file);
    EXPECT_LE(tail.whole_bytes, file.size());
  }
}

}  // namespace
}  // namespace raft
