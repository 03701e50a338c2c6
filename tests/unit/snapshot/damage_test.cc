// What is no whole snapshot is refused, with its place, whoever made it.
#include <zstd.h>

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"
#include "tests/unit/snapshot/snapshot_fixture.h"

namespace kv {
namespace {

class Damage : public SnapshotTest {
 protected:
  Damage() {
    put("a", "1");
    put("b", "2");
    put("a", "3");
    bytes_ = snapshot();
    header_bytes_ =
        kPreludeBytes + raft::ByteReader(std::string_view(bytes_).substr(12)).u32() + kChecksumBytes;
  }

  static raft::Error refusal_of(std::string_view bytes) {
    StreamReader reader({});
    if (auto pushed = reader.push(bytes); !pushed) return pushed.error();
    auto end = reader.finish();
    EXPECT_FALSE(end);
    return end ? raft::Error{} : end.error();
  }

  /// The header and then one block with these fields.
  [[nodiscard]] std::string with_block(std::uint32_t rows, std::uint32_t packed,
                                       std::string_view content) const {
    std::string bytes = bytes_.substr(0, header_bytes_);
    raft::ByteWriter writer(bytes);
    writer.u8(static_cast<std::uint8_t>(Tag::kBlock));
    writer.u32(rows);
    writer.u32(packed);
    writer.u64(block_checksum(0, content));
    return bytes + std::string(content);
  }
  static std::string packed(std::string_view rows) {
    std::string out(ZSTD_compressBound(rows.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), rows.data(), rows.size(), 1));
    return out;
  }
  [[nodiscard]] std::string with_rows(std::string_view rows) const {
    const std::string content = packed(rows);
    return with_block(static_cast<std::uint32_t>(rows.size()), static_cast<std::uint32_t>(content.size()),
                      content);
  }

  std::string bytes_;
  std::size_t header_bytes_ = 0;
};

TEST_F(Damage, ACutAtEveryByteIsRefusedAndLeavesNothing) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    const auto received = receive(std::string_view(bytes_).substr(0, size));
    ASSERT_FALSE(received) << "cut at " << size;
    EXPECT_EQ(received.error().code, raft::ErrorCode::kCorruption);
    EXPECT_EQ(received.error().where, "byte " + std::to_string(size));
    EXPECT_FALSE(left_behind());
  }
}

TEST_F(Damage, AFlippedBitInEveryByteIsRefusedAndLeavesNothing) {
  for (std::size_t at = 0; at < bytes_.size(); ++at) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    ASSERT_FALSE(receive(damaged)) << "at " << at;
    EXPECT_FALSE(left_behind());
  }
}

TEST_F(Damage, EveryFlippedBitIsSeenByTheReader) {
  for (std::size_t bit = 0; bit < bytes_.size() * 8; ++bit) {
    std::string damaged = bytes_;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const raft::Error error = refusal_of(damaged);
    EXPECT_TRUE(error.where.starts_with("byte ")) << error.text();
  }
}

TEST_F(Damage, ANewerFormatIsAMismatch) {
  bytes_[8] = 2;
  EXPECT_EQ(refusal_of(bytes_).code, raft::ErrorCode::kMismatch);
}

TEST_F(Damage, SomethingElseIsNoSnapshot) {
  EXPECT_EQ(refusal_of("SQLite format 3 and so on").what, "not a snapshot of kvd");
}

TEST_F(Damage, AnotherClusterIsAMismatchBeforeAnythingIsMade) {
  auto building = sink(0xbad);
  const auto written = building->write(bytes_);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, raft::ErrorCode::kMismatch);
  EXPECT_EQ(written.error().what, "is of cluster c1, this is cluster bad");
  EXPECT_FALSE(left_behind());
}

TEST_F(Damage, SizesAreRefusedBeforeAnythingIsHeld) {
  const std::string head = bytes_.substr(0, 12);
  EXPECT_EQ(refusal_of(head + "\xff\xff\xff\xff").where, "byte 12");
  EXPECT_FALSE(refusal_of(with_block(0xffffffff, 10, "0123456789")).what.empty());
  EXPECT_FALSE(refusal_of(with_block(100, 0xffffffff, "0123456789")).what.empty());
  EXPECT_FALSE(refusal_of(with_block(0, 10, "0123456789")).what.empty());
}

TEST_F(Damage, ABlockThatUnpacksToMoreThanItSaysIsRefused) {
  const std::string bomb = packed(std::string(100U << 20U, '\0'));
  ASSERT_LT(bomb.size(), 20000U);
  const auto size = static_cast<std::uint32_t>(bomb.size());
  EXPECT_EQ(refusal_of(with_block(kBlockBytesMax, size, bomb)).what,
            "the block does not unpack to what it says");
}

TEST_F(Damage, RowsOfAbsurdSizesAreRefused) {
  std::string rows;
  raft::ByteWriter writer(rows);
  writer.varint(kRowKeyBytesMax + 1);
  EXPECT_TRUE(refusal_of(with_rows(rows)).what.starts_with("a key of"));
  rows.clear();
  writer.bytes("key");
  writer.varint(kRowValueBytesMax + 1);
  EXPECT_TRUE(refusal_of(with_rows(rows)).what.starts_with("a value of"));
  EXPECT_TRUE(refusal_of(with_rows(std::string(11, '\xff'))).what.starts_with("a row without a size"));
  EXPECT_TRUE(refusal_of(with_rows(std::string(1, '\0') + "x")).what.starts_with("a key of 0"));
}

TEST_F(Damage, ARowThatBelongsIntoTheHeaderIsRefused) {
  std::string rows;
  raft::ByteWriter writer(rows);
  writer.bytes(kFormatKey);
  writer.bytes("\x01");
  const auto received = receive(with_rows(rows));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().what, "a row that belongs into the header");
  EXPECT_FALSE(left_behind());
}

}  // namespace
}  // namespace kv
