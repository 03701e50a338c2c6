// What a state is, in two numbers: to compare it with the states of other members.
#pragma once

#include <cstdint>

#include "libraft/core/types.h"

namespace kv {

/// After the entry of that index every member has the same hash, however its entries came in batches, whether
/// it applied them or received a state, and whatever it has deleted of the compacted history.
struct StatePoint {
  raft::Index index;
  std::uint64_t hash = 0;

  bool operator==(const StatePoint&) const = default;
};

}  // namespace kv
