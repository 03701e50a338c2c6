// What goes over a connection: frames of a known size, each with a checksum (FORMAT.md). Pure: bytes in,
// bodies out; the sockets are elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "libraft/net/codec.h"

namespace raft {

/// What a frame is for. On the wire: never renumbered. The first two stay as they are in every version.
enum class FrameType : std::uint8_t {
  kHello = 1,          ///< who speaks; the first frame of both sides
  kRefusal = 2,        ///< why there will be no connection; the last frame
  kMessages = 3,       ///< one or more messages, back to back
  kRosterRequest = 4,  ///< instead of a hello: who is in this cluster?
  kRoster = 5,         ///< the answer; the last frame
};

inline constexpr std::size_t kFrameHeaderBytes = 20;
/// A frame takes no further message once its body has reached this.
inline constexpr std::size_t kFrameTargetBytes = 1U << 20U;
/// The most a frame's body may hold.
inline constexpr std::size_t kFrameBodyBytesMax = kMessageBytesMax + kFrameTargetBytes;
/// The most a frame's body may hold before both sides know each other.
inline constexpr std::size_t kHandshakeBodyBytesMax = 1024;

static_assert(kFrameBodyBytesMax > kPayloadBytesMax + kFrameHeaderBytes);
static_assert(kFrameBodyBytesMax <= UINT32_MAX, "the length field has four bytes");

/// Appends room for a header; the body is appended after it and finish_frame called last.
void begin_frame(std::string& out);
/// Fills the header in front of the body, which is everything in `frame` behind it. `frame` starts with the
/// header. Requires a body of at most kFrameBodyBytesMax.
void finish_frame(std::string& frame, FrameType type);

/// A frame that arrived whole. `body` lives until the next call of FrameReader::prepare.
struct Frame {
  FrameType type;
  std::string_view body;
};

/// Cuts an untrusted stream of bytes into frames. Its buffer grows with the bytes that came, never with the
/// bytes that were announced.
class FrameReader {
 public:
  /// `body_bytes_max`: a longer body is refused from its header.
  explicit FrameReader(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  void set_body_bytes_max(std::size_t bytes) { body_bytes_max_ = bytes; }

  /// Where the next bytes go; never empty. Takes back what next() lent.
  std::span<char> prepare();
  /// The first `count` bytes of what prepare() gave are filled.
  void commit(std::size_t count);
  /// The next whole frame, or nothing yet. Errors, all final: kCorruption (magic, reserved bytes, type,
  /// checksum), kLimit (length).
  Result<std::optional<Frame>> next();

  /// True when part of a frame has come and the rest is awaited.
  [[nodiscard]] bool mid_frame() const { return begin_ != end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  [[nodiscard]] std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void make_room();
  void reallocate(std::size_t capacity);

  std::size_t body_bytes_max_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // first byte not yet given out as a frame
  std::size_t end_ = 0;    // end of what has come
  std::size_t frame_ = 0;  // size of the frame at begin_ as its header says; 0 while unknown
  bool filled_ = false;    // the last read filled the buffer: more waits, read more at a time
};

}  // namespace raft
