#include "libraft/net/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace raft {
namespace {

std::string frame_of(std::string_view body, FrameType type = FrameType::kMessages) {
  std::string frame;
  begin_frame(frame);
  frame += body;
  finish_frame(frame, type);
  return frame;
}

/// Feeds `bytes` in pieces of at most `piece` and collects the bodies, or the first error.
Result<std::vector<std::string>> read_all(FrameReader& reader, std::string_view bytes, std::size_t piece) {
  std::vector<std::string> bodies;
  while (!bytes.empty()) {
    const auto room = reader.prepare();
    const std::size_t count = std::min({room.size(), piece, bytes.size()});
    std::memcpy(room.data(), bytes.data(), count);
    reader.commit(count);
    bytes.remove_prefix(count);
    while (true) {
      ASSIGN_OR_RETURN(const auto frame, reader.next());
      if (!frame) break;
      bodies.emplace_back(frame->body);
    }
  }
  return bodies;
}

Result<std::vector<std::string>> read_all(std::string_view bytes, std::size_t body_bytes_max = 1U << 20U) {
  FrameReader reader(body_bytes_max);
  return read_all(reader, bytes, bytes.size());
}

/// A header with a right checksum for an empty body, whatever the fields say.
std::string header(std::string_view magic, std::uint32_t type_and_reserved, std::uint32_t length) {
  std::string bytes(magic);
  ByteWriter to(bytes);
  to.u32(type_and_reserved);
  to.u32(length);
  to.u64(checksum("", checksum(bytes)));
  return bytes;
}

TEST(Frame, ArrivesWholeInPiecesOfAnySize) {
  std::string stream;
  std::vector<std::string> sent;
  for (const std::size_t size : {0, 1, 19, 20, 21, 4075, 4076, 4077, 100000, 3}) {
    sent.emplace_back(size, static_cast<char>('a' + size % 26));
    stream += frame_of(sent.back());
  }
  for (const std::size_t piece : {1, 2, 7, 20, 4096, 5000, 1000000}) {
    FrameReader reader(1U << 20U);
    const auto bodies = read_all(reader, stream, piece);
    ASSERT_TRUE(bodies) << bodies.error().text();
    EXPECT_EQ(*bodies, sent) << piece;
    EXPECT_FALSE(reader.mid_frame());
  }
}

TEST(Frame, CarriesItsType) {
  for (const auto type : {FrameType::kHello, FrameType::kRefusal, FrameType::kMessages}) {
    FrameReader reader(100);
    const std::string bytes = frame_of("x", type);
    std::memcpy(reader.prepare().data(), bytes.data(), bytes.size());
    reader.commit(bytes.size());
    EXPECT_EQ((*reader.next())->type, type);
  }
}

TEST(Frame, CutShortIsAwaited) {
  const std::string bytes = frame_of("the body");
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    FrameReader reader(100);
    const auto bodies = read_all(reader, std::string_view(bytes).substr(0, length), length);
    ASSERT_TRUE(bodies);
    EXPECT_TRUE(bodies->empty());
    EXPECT_TRUE(reader.mid_frame());
  }
}

TEST(Frame, WithAnyBitFlippedIsNeverDelivered) {
  const std::string good = frame_of("the body of a frame");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    // More follows, so that a longer length finds its bytes.
    const auto bodies = read_all(bytes + std::string(4096, 'n'), 4096);
    EXPECT_TRUE(!bodies || bodies->empty()) << "bit " << bit;
  }
}

TEST(Frame, OfUnknownTypeIsRefused) {
  for (const std::uint32_t type : {0U, 6U, 255U}) {
    const auto bodies = read_all(header("KVRP", type, 0));
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().code, ErrorCode::kCorruption);
    EXPECT_EQ(bodies.error().what, "unknown type " + std::to_string(type));
  }
}

TEST(Frame, WithReservedBytesIsRefused) {
  const auto bodies = read_all(header("KVRP", 0x100 + 3, 0));
  ASSERT_FALSE(bodies);
  EXPECT_EQ(bodies.error().what, "reserved bytes are not zero");
}

TEST(Frame, OfAnotherProtocolIsRefused) {
  for (const std::string_view bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "G", "KVR?", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    const auto bodies = read_all(bytes);
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().code, ErrorCode::kCorruption);
  }
}

TEST(Frame, WithWrongChecksumIsRefused) {
  std::string bytes = frame_of("body");
  bytes.back() = 'Y';
  const auto bodies = read_all(bytes);
  ASSERT_FALSE(bodies);
  EXPECT_EQ(bodies.error().text(), "frame: wrong checksum");
}

TEST(Frame, OverTheLimitIsRefusedFromItsHeader) {
  FrameReader reader(1000);
  const auto bodies = read_all(reader, header("KVRP", 3, 1001), kFrameHeaderBytes);
  ASSERT_FALSE(bodies);
  EXPECT_EQ(bodies.error().code, ErrorCode::kLimit);
  EXPECT_EQ(bodies.error().what, "a body of 1001 bytes is over the limit of 1000");
  EXPECT_TRUE(read_all(frame_of(std::string(1000, 'x')), 1000));
}

TEST(Frame, BufferGrowsWithTheBytesThatCameNotWithTheAnnounced) {
  FrameReader reader(kFrameBodyBytesMax);
  const std::string head = header("KVRP", 3, kFrameBodyBytesMax);
  ASSERT_TRUE(read_all(reader, head, head.size()));
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(reader.prepare().empty());
    EXPECT_LE(reader.capacity(), 4096U);
  }
  ASSERT_TRUE(read_all(reader, std::string(100000, 'x'), 1000));
  EXPECT_LE(reader.capacity(), 4U * 100000U);
}

TEST(Frame, LargeBuffersAreGivenBack) {
  FrameReader reader(kFrameBodyBytesMax);
  const std::string large(32U << 20U, 'x');
  const auto bodies = read_all(reader, frame_of(large), 1U << 20U);
  ASSERT_TRUE(bodies);
  EXPECT_EQ(bodies->front(), large);
  static_cast<void>(reader.prepare());
  EXPECT_LE(reader.capacity(), 4U << 20U);
}

}  // namespace
}  // namespace raft
