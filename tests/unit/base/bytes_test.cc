#include "libraft/base/bytes.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

TEST(Bytes, BigEndianOrderIsNumericOrder) {
  std::string small;
  std::string large;
  append_big_endian(small, 255);
  append_big_endian(large, 256);
  EXPECT_LT(small, large);
  EXPECT_EQ(read_big_endian(large), 256U);
}

TEST(Bytes, ReaderReturnsWhatTheWriterWrote) {
  std::string out;
  ByteWriter writer(out);
  writer.u8(7);
  writer.u32(70000);
  writer.u64(1ULL << 60);
  writer.i64(-3);
  writer.varint(~0ULL);
  writer.bytes("value");
  ByteReader reader(out);
  EXPECT_EQ(reader.u8(), 7);
  EXPECT_EQ(reader.u32(), 70000U);
  EXPECT_EQ(reader.u64(), 1ULL << 60);
  EXPECT_EQ(reader.i64(), -3);
  EXPECT_EQ(reader.varint(), ~0ULL);
  EXPECT_EQ(reader.bytes(), "value");
  EXPECT_TRUE(reader.done());
}

TEST(Bytes, AReadPastTheEndLatches) {
  ByteReader reader(
      "\x05"
      "abc");
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_FALSE(reader.done());
}

TEST(Bytes, ALengthNearTheLimitOfTheTypeIsRefused) {
  std::string out;
  ByteWriter(out).varint(~0ULL);
  ByteReader reader(out);
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, AVarintOfMoreThanSixtyFourBitsIsRefused) {
  const std::string eleven(10, '\xff');
  ByteReader reader(eleven);
  reader.varint();
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace raft
