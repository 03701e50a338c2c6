// The one question that a put asks about leases.
#pragma once

#include <cstdint>

namespace kv {

/// Whether a key may be attached to `lease`. 0 is no lease and always fine; no lease can be granted yet, so
/// every other one is unknown (contract section 2.3).
constexpr bool lease_exists(std::int64_t lease) {
  return lease == 0;
}

}  // namespace kv
