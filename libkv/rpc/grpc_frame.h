// gRPC's message framing: a flag byte, four bytes of length (big-endian), the message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kv::rpc {

constexpr std::size_t kFramePrefixBytes = 5;

/// The prefix of an uncompressed message of `size` bytes. Requires size < 2^32.
std::array<char, kFramePrefixBytes> frame_prefix(std::size_t size);

/// Cuts messages out of a byte stream that comes in arbitrary pieces. Copies only what is split over pieces;
/// never holds more than one message, nor room for more than eight times what has come of it.
class FrameReader {
 public:
  enum class Kind {
    kNeedMore,  ///< the input is used up
    kMessage,
    kTooLarge,  ///< the prefix announces more than message_bytes_max; the reader is of no use any more
    kBadFlag,   ///< the first byte is neither 0 nor 1; likewise
  };
  struct Frame {
    Kind kind;
    bool compressed = false;
    std::uint32_t length = 0;    ///< as announced
    std::string_view message{};  ///< valid until the next call
  };

  explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  /// Takes from the front of `input` what belongs to the next message.
  Frame next(std::string_view& input);
  /// True between messages: the stream may end here.
  [[nodiscard]] bool at_boundary() const { return partial_.empty() || delivered_; }

 private:
  bool fill(std::string_view& input, std::size_t size);
  Frame check(std::string_view prefix) const;

  std::size_t message_bytes_max_;
  std::string partial_;     // prefix and bytes of a message that is split over pieces
  bool delivered_ = false;  // partial_ is the message last returned
};

}  // namespace kv::rpc
