// CRC-32C (Castagnoli), as LevelDB's log files carry it.
#pragma once

#include <cstdint>
#include <string_view>

namespace raft {

std::uint32_t crc32c(std::string_view bytes);
/// LevelDB stores checksums rotated and offset, because a CRC of data that holds CRCs is weak.
std::uint32_t masked(std::uint32_t crc);

}  // namespace raft
