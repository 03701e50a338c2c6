#include "libkv/mvcc/record.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 0xfU];
  }
  return out;
}

const Record kRecord{
    .key = "foo", .value = "bar", .create = 2, .version = 300, .lease = -1, .deleted = false};

TEST(Record, DecodesWhatWasEncoded) {
  const Record tombstone{.key = "gone", .value = "", .create = 0, .version = 0, .lease = 0, .deleted = true};
  for (const Record& record : {kRecord, tombstone}) {
    std::string bytes;
    const std::uint64_t sum = encode_record({9, 3}, record, bytes);
    const auto decoded = decode_record({9, 3}, bytes);
    ASSERT_TRUE(decoded) << decoded.error().text();
    EXPECT_EQ(decoded->record, record);
    EXPECT_EQ(decoded->checksum, sum);
  }
}

TEST(Record, TheWorkedExampleOfTheFormatIsTrue) {
  std::string bytes;
  const std::uint64_t sum =
      encode_record({2, 0}, {.key = "foo", .value = "bar", .create = 2, .version = 1}, bytes);
  EXPECT_EQ(hex(record_key({2, 0})),
            "722f"
            "0000000000000002"
            "0000000000000000");
  EXPECT_EQ(hex(bytes),
            "01"
            "00"
            "02"
            "01"
            "00"
            "03666f6f"
            "03626172"
            "81eceb98b4ebee8d");
  const Mark mark{.applied = {.index = raft::Index(7), .term = raft::Term(3)},
                  .revision = 2,
                  .compacted = -1,
                  .records = 1,
                  .live_keys = 1,
                  .chain = chained(0, sum)};
  EXPECT_EQ(hex(mark_key(2, 2)),
            "722f"
            "0000000000000002"
            "ffffffffffffffff"
            "0000000000000002");
  EXPECT_EQ(hex(encode_mark(mark)),
            "01"
            "0700000000000000"
            "0300000000000000"
            "0200000000000000"
            "ffffffffffffffff"
            "0100000000000000"
            "0100000000000000"
            "9153378abd395998"
            "dfd38c613b5120b0");
}

TEST(Record, EveryFlippedBitIsSeen) {
  std::string bytes;
  encode_record({9, 3}, kRecord, bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = decode_record({9, 3}, damaged);
    ASSERT_FALSE(decoded) << "bit " << bit;
    EXPECT_EQ(decoded.error().code, raft::ErrorCode::kCorruption);
    EXPECT_EQ(decoded.error().where, "r/9/3");
  }
}

TEST(Record, ARecordOfAnotherRevisionIsSeen) {
  std::string bytes;
  encode_record({9, 3}, kRecord, bytes);
  EXPECT_FALSE(decode_record({9, 4}, bytes));
  EXPECT_FALSE(decode_record({10, 3}, bytes));
}

TEST(Record, EveryTruncationIsSeen) {
  std::string bytes;
  encode_record({9, 3}, kRecord, bytes);
  const std::string mark = encode_mark({});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_record({9, 3}, bytes.substr(0, length)));
  }
  for (std::size_t length = 0; length < mark.size(); ++length)
    EXPECT_FALSE(decode_mark(mark.substr(0, length)));
}

TEST(Record, MarksSortBehindTheRecordsOfTheirRevision) {
  EXPECT_LT(record_key({5, 0}), record_key({5, 1}));
  EXPECT_LT(record_key({5, UINT32_MAX}), mark_key(5, 1));
  EXPECT_LT(mark_key(5, 1), mark_key(5, 2));
  EXPECT_LT(mark_key(5, 256), record_key({6, 0}));
}

TEST(Record, KeysSayWhatTheyAre) {
  const auto record = parse_key(record_key({77, 5}));
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->mark);
  EXPECT_EQ(record->revision, (Revision{77, 5}));
  const auto mark = parse_key(mark_key(77, 9));
  ASSERT_TRUE(mark);
  EXPECT_TRUE(mark->mark);
  EXPECT_EQ(mark->revision.main, 77);
  EXPECT_EQ(mark->batch, 9U);
  for (const std::string& key :
       {std::string("r/"), std::string("r/1234567"), std::string("x/") + std::string(16, '\0'),
        std::string("r/") + std::string(16, '\0'), std::string("r/") + std::string(16, '\xff'),
        record_key({1, 0}) + std::string(8, '\0')}) {
    EXPECT_FALSE(parse_key(key));
  }
}

}  // namespace
}  // namespace kv
