#include "libraft/disk/log_fragment.h"

#include <algorithm>

#include "libraft/base/bytes.h"
#include "libraft/disk/crc32c.h"

namespace raft {
namespace {

constexpr int kLengthBits = 16;

/// CRC-32C of the type and payload when the fragment ends at `end`.
std::uint32_t crc_at(std::string_view file, std::uint64_t offset, std::uint64_t end) {
  const std::uint64_t type_at = offset + kLogHeaderBytes - 1;
  return crc32c(file.substr(type_at, end - type_at));
}

/// Some single bit of the covered bytes changes the CRC by `difference`. A CRC is linear: what a bit at a
/// given distance from the end changes does not depend on the data.
bool one_bit_makes(std::uint32_t difference, std::uint64_t bytes) {
  std::uint32_t syndrome = 1;
  for (std::uint64_t bit = 0; bit < bytes * 8; ++bit) {
    syndrome = crc32c_shift(syndrome);
    if (syndrome == difference) return true;
  }
  return false;
}

}  // namespace

FragmentHeader header_at(std::string_view file, std::uint64_t offset) {
  FragmentHeader header{.end = offset + kLogHeaderBytes};
  if (header.end > file.size() || header.end > log_block_end(offset)) return header;
  ByteReader reader(file.substr(offset, kLogHeaderBytes));
  header.masked_crc = reader.u32();
  header.end += reader.u8();
  header.end += static_cast<std::uint64_t>(reader.u8()) << 8U;
  header.type = reader.u8();
  header.plausible = header.type >= kFull && header.type <= kLast && header.end <= log_block_end(offset) &&
                     header.end <= file.size();
  return header;
}

std::optional<Fragment> fragment_at(std::string_view file, std::uint64_t offset) {
  const FragmentHeader header = header_at(file, offset);
  if (!header.plausible) return std::nullopt;
  if (masked(crc_at(file, offset, header.end)) != header.masked_crc) return std::nullopt;
  const std::uint64_t payload_at = offset + kLogHeaderBytes;
  return Fragment{header.end, static_cast<FragmentType>(header.type),
                  file.substr(payload_at, header.end - payload_at)};
}

bool is_flipped_bit(std::string_view file, std::uint64_t offset) {
  const FragmentHeader header = header_at(file, offset);
  const std::uint64_t limit = std::min<std::uint64_t>(log_block_end(offset), file.size());
  if (offset + kLogHeaderBytes > limit) return false;
  const std::uint64_t length = header.end - offset - kLogHeaderBytes;
  for (int bit = 0; bit < kLengthBits; ++bit) {
    const std::uint64_t end = offset + kLogHeaderBytes + (length ^ (1ULL << static_cast<unsigned>(bit)));
    if (end <= limit && masked(crc_at(file, offset, end)) == header.masked_crc) return true;
  }
  if (header.end > limit) return false;
  const std::uint32_t actual = crc_at(file, offset, header.end);
  const std::uint32_t difference = actual ^ unmasked(header.masked_crc);
  if (__builtin_popcount(masked(actual) ^ header.masked_crc) == 1) return true;
  return one_bit_makes(difference, header.end - offset - kLogHeaderBytes + 1);
}

}  // namespace raft
