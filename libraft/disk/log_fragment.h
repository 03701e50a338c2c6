// One fragment of LevelDB's log format: crc32c of type and payload (4 bytes, masked), length (2), type (1),
// payload. A fragment lies within one block; the last 6 bytes of a block hold none. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace raft {

inline constexpr std::uint64_t kLogBlockBytes = 32768;
inline constexpr std::uint64_t kLogHeaderBytes = 7;

enum FragmentType : std::uint8_t { kUnwritten = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr bool begins_record(std::uint8_t type) {
  return type == kFull || type == kFirst;
}
constexpr bool ends_record(std::uint8_t type) {
  return type == kFull || type == kLast;
}

/// A valid one.
struct Fragment {
  std::uint64_t end = 0;
  FragmentType type = kUnwritten;
  std::string_view payload;
};

/// What a header says, true or not.
struct FragmentHeader {
  std::uint32_t masked_crc = 0;
  std::uint8_t type = kUnwritten;
  std::uint64_t end =
      0;  ///< where the fragment ends by its length; behind the file when the header does not fit
  bool plausible = false;  ///< known type, ends within its block and the file
};

constexpr std::uint64_t log_block_end(std::uint64_t offset) {
  return (offset / kLogBlockBytes + 1) * kLogBlockBytes;
}
/// Where the next fragment starts after one that ended at `offset`.
constexpr std::uint64_t next_fragment(std::uint64_t offset) {
  return log_block_end(offset) - offset < kLogHeaderBytes ? log_block_end(offset) : offset;
}

FragmentHeader header_at(std::string_view file, std::uint64_t offset);

/// The valid fragment at `offset`, if there is one.
std::optional<Fragment> fragment_at(std::string_view file, std::uint64_t offset);

/// True when the fragment at `offset` is valid but for one bit: it was written whole and decayed, for a write
/// that was cut off does not differ by one bit.
bool is_flipped_bit(std::string_view file, std::uint64_t offset);

}  // namespace raft
