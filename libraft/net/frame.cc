#include "libraft/net/frame.h"

#include <algorithm>
#include <cstring>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"
#include "libraft/base/checksum.h"

namespace raft {
namespace {

constexpr std::string_view kMagic = "KVRP";
constexpr std::size_t kCheckedHeaderBytes = 12;  // everything before the checksum
static_assert(kFrameHeaderBytes == kCheckedHeaderBytes + 8);

constexpr std::size_t kBufferBytesMin = 4096;
/// A busy connection is read in pieces of about this size.
constexpr std::size_t kBufferBytesBusy = 256U << 10U;
/// A buffer of up to this size is kept between frames; a larger one was for one large frame.
constexpr std::size_t kBufferBytesKept = 4U << 20U;

struct Header {
  std::uint8_t type;
  std::uint32_t length;
  std::uint64_t checksum;
};

std::uint64_t frame_checksum(std::string_view checked_header, std::string_view body) {
  return checksum(body, checksum(checked_header));
}

bool known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::kHello) &&
         type <= static_cast<std::uint8_t>(FrameType::kRoster);
}

/// Whoever speaks another protocol is found out by the first byte, not awaited.
bool may_start_frame(std::string_view bytes) {
  const std::size_t count = std::min(bytes.size(), kMagic.size());
  return bytes.substr(0, count) == kMagic.substr(0, count);
}

/// Requires at least kFrameHeaderBytes bytes, with the magic in front.
Result<Header> read_header(std::string_view bytes, std::size_t body_bytes_max) {
  ByteReader from(bytes.substr(kMagic.size(), kFrameHeaderBytes - kMagic.size()));
  Header header{};
  header.type = from.u8();
  const bool reserved_is_zero = (from.u8() | from.u8() | from.u8()) == 0;
  header.length = from.u32();
  header.checksum = from.u64();
  if (!known(header.type)) {
    return fail(ErrorCode::kCorruption, "frame", "unknown type " + std::to_string(header.type));
  }
  if (!reserved_is_zero) return fail(ErrorCode::kCorruption, "frame", "reserved bytes are not zero");
  if (header.length > body_bytes_max) {
    return fail(ErrorCode::kLimit, "frame",
                "a body of " + std::to_string(header.length) + " bytes is over the limit of " +
                    std::to_string(body_bytes_max));
  }
  return header;
}

}  // namespace

void begin_frame(std::string& out) {
  out.append(kFrameHeaderBytes, '\0');
}

void finish_frame(std::string& frame, FrameType type) {
  RAFT_CHECK(frame.size() >= kFrameHeaderBytes);
  const std::string_view body = std::string_view(frame).substr(kFrameHeaderBytes);
  RAFT_CHECK(body.size() <= kFrameBodyBytesMax);
  std::string header(kMagic);
  ByteWriter to(header);
  // Type and the three reserved zeros, in one little-endian number.
  to.u32(static_cast<std::uint8_t>(type));
  to.u32(static_cast<std::uint32_t>(body.size()));
  to.u64(frame_checksum(header, body));
  std::memcpy(frame.data(), header.data(), kFrameHeaderBytes);
}

std::span<char> FrameReader::prepare() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ > kBufferBytesKept) reallocate(kBufferBytesKept);
  }
  if (filled_ && capacity_ < kBufferBytesBusy) reallocate(capacity_ * 2);
  filled_ = false;
  if (capacity_ - end_ < kFrameHeaderBytes || (frame_ != 0 && frame_ > capacity_ - begin_)) make_room();
  return {buffer_.get() + end_, capacity_ - end_};
}

/// Moves the partial frame to the front, into twice the room if it has filled what there was.
void FrameReader::make_room() {
  const std::size_t held = end_ - begin_;
  std::size_t wanted = std::max(capacity_, kBufferBytesMin);
  // Half full of one frame: its bytes do come. Announced bytes alone never get here.
  if (held >= wanted / 2) wanted *= 2;
  if (wanted != capacity_) return reallocate(wanted);
  if (begin_ > 0) std::memmove(buffer_.get(), buffer_.get() + begin_, held);
  begin_ = 0;
  end_ = held;
}

void FrameReader::reallocate(std::size_t capacity) {
  const std::size_t held = end_ - begin_;
  RAFT_CHECK(held < capacity);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (held > 0) std::memcpy(larger.get(), buffer_.get() + begin_, held);
  buffer_ = std::move(larger);
  capacity_ = capacity;
  begin_ = 0;
  end_ = held;
}

void FrameReader::commit(std::size_t count) {
  RAFT_CHECK(count <= capacity_ - end_);
  end_ += count;
  filled_ = end_ == capacity_;
}

Result<std::optional<Frame>> FrameReader::next() {
  const std::string_view bytes = unread();
  frame_ = 0;
  if (!may_start_frame(bytes)) {
    return fail(ErrorCode::kCorruption, "frame", "it does not start with the magic of this protocol");
  }
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  ASSIGN_OR_RETURN(const Header header, read_header(bytes, body_bytes_max_));
  frame_ = kFrameHeaderBytes + header.length;
  if (bytes.size() < frame_) return std::nullopt;
  const std::string_view body = bytes.substr(kFrameHeaderBytes, header.length);
  if (frame_checksum(bytes.substr(0, kCheckedHeaderBytes), body) != header.checksum) {
    return fail(ErrorCode::kCorruption, "frame", "wrong checksum");
  }
  begin_ += frame_;
  frame_ = 0;
  return Frame{static_cast<FrameType>(header.type), body};
}

}  // namespace raft
