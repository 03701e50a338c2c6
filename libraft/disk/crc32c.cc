#include "libraft/disk/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

namespace raft {
namespace {

constexpr std::uint32_t shifted(std::uint32_t value) {
  return (value >> 1U) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
}

/// tables[k][b]: what byte b does to the register when k more bytes follow it, so that eight go at once.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = shifted(value);
    tables[0][byte] = value;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8U) ^ tables[0][before & 0xffU];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t eight_bytes(std::uint32_t crc, const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  word ^= crc;
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < 8; ++i) next ^= kTables[7 - i][(word >> (8 * i)) & 0xffU];
  return next;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  return crc32c_extend(0, bytes);
}

std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) crc = eight_bytes(crc, bytes.data());
  for (char c : bytes) crc = (crc >> 8U) ^ kTables[0][(crc ^ static_cast<std::uint8_t>(c)) & 0xffU];
  return ~crc;
}

std::uint32_t crc32c_shift(std::uint32_t difference) {
  return shifted(difference);
}

std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
}

std::uint32_t unmasked(std::uint32_t stored) {
  const std::uint32_t rotated = stored - 0xa282ead8U;
  return (rotated >> 17U) | (rotated << 15U);
}

}  // namespace raft
