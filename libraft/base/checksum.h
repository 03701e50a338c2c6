// The one checksum of our own formats: XXH3, 64 bits. Not for adversaries; snapshots add SHA-256.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace raft {

/// XXH3-64 of `bytes`; `seed` chains: a record hashed with its predecessor's hash as seed depends on all
/// before.
inline std::uint64_t checksum(std::string_view bytes, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace raft
