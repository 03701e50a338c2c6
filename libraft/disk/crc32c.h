// CRC-32C (Castagnoli), as LevelDB's log files carry it.
#pragma once

#include <cstdint>
#include <string_view>

namespace raft {

std::uint32_t crc32c(std::string_view bytes);
/// That of bytes whose first part has the checksum `crc`.
std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes);
/// What a difference of the register becomes when one more bit goes through it.
std::uint32_t crc32c_shift(std::uint32_t difference);
/// LevelDB stores checksums rotated and offset, because a CRC of data that holds CRCs is weak.
std::uint32_t masked(std::uint32_t crc);
std::uint32_t unmasked(std::uint32_t stored);

}  // namespace raft
