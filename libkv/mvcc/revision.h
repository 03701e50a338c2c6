// The name of one change: the request that made it and the change's place in that request.
#pragma once

#include <compare>
#include <cstdint>

namespace kv {

/// Contract section 2.1: `main` counts mutating requests, `sub` the changes inside one, from 0.
struct Revision {
  std::int64_t main = 0;
  std::uint32_t sub = 0;

  auto operator<=>(const Revision&) const = default;
};

/// The revision of an empty store: no key has it (contract section 2.1).
inline constexpr std::int64_t kRevisionOfEmptyStore = 1;
/// The compacted revision of a store that was never compacted.
inline constexpr std::int64_t kNeverCompacted = -1;

}  // namespace kv
