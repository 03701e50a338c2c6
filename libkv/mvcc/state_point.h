// What a state is, in two numbers: to compare it with the states of other members.
#pragma once

#include <cstdint>

#include "libraft/core/types.h"

namespace kv {

/// Of what the hash is of (FORMAT.md, "The hash of a state"). Another definition is another version: hashes
/// of unlike versions are not compared, so that members may be upgraded one at a time.
inline constexpr std::uint32_t kStateHashVersion = 1;

/// After the entry of that index every member has the same hash, however its entries came in batches, whether
/// it applied them or received a state, and whatever it has deleted of the compacted history.
struct StatePoint {
  raft::Index index;
  std::uint64_t hash = 0;

  bool operator==(const StatePoint&) const = default;
};

}  // namespace kv
