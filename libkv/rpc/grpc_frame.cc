#include "libkv/rpc/grpc_frame.h"

#include <algorithm>

#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kRoomPerByte = 8;

std::uint32_t read_length(std::string_view prefix) {
  std::uint32_t length = 0;
  for (std::size_t i = 1; i < kFramePrefixBytes; ++i) {
    length = (length << 8) | static_cast<unsigned char>(prefix[i]);
  }
  return length;
}

}  // namespace

std::array<char, kFramePrefixBytes> frame_prefix(std::size_t size) {
  RAFT_CHECK(size <= 0xFFFFFFFFU);
  return {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
          static_cast<char>(size)};
}

FrameReader::Frame FrameReader::check(std::string_view prefix) const {
  const std::uint32_t length = read_length(prefix);
  const auto flag = static_cast<unsigned char>(prefix[0]);
  if (flag > 1) return {.kind = Kind::kBadFlag, .length = length};
  if (length > message_bytes_max_) return {.kind = Kind::kTooLarge, .length = length};
  return {.kind = Kind::kMessage, .compressed = flag == 1, .length = length};
}

/// Moves bytes from `input` until partial_ has `size`; false when the input ends first.
bool FrameReader::fill(std::string_view& input, std::size_t size) {
  const std::size_t taken = std::min(input.size(), size - partial_.size());
  // Room for what is announced, but only in proportion to what has really come.
  const std::size_t room = std::min(size, kRoomPerByte * (partial_.size() + taken));
  if (partial_.capacity() < partial_.size() + taken) partial_.reserve(room);
  partial_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  return partial_.size() == size;
}

FrameReader::Frame FrameReader::next(std::string_view& input) {
  if (delivered_) {
    partial_.clear();
    delivered_ = false;
  }
  if (partial_.empty() && input.size() >= kFramePrefixBytes) {
    Frame frame = check(input);
    if (frame.kind != Kind::kMessage) return frame;
    if (input.size() - kFramePrefixBytes >= frame.length) {
      frame.message = input.substr(kFramePrefixBytes, frame.length);
      input.remove_prefix(kFramePrefixBytes + frame.length);
      return frame;
    }
  }
  if (partial_.size() < kFramePrefixBytes && !fill(input, kFramePrefixBytes))
    return {.kind = Kind::kNeedMore};
  Frame frame = check(partial_);
  if (frame.kind != Kind::kMessage) return frame;
  if (!fill(input, kFramePrefixBytes + frame.length)) return {.kind = Kind::kNeedMore};
  frame.message = std::string_view(partial_).substr(kFramePrefixBytes);
  delivered_ = true;
  return frame;
}

}  // namespace kv::rpc
