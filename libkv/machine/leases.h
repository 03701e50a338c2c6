// The one question that a put asks about leases.
#pragma once

#include <cstdint>

#include "libkv/lease/lease_table.h"

namespace kv {

/// Whether a key may be attached to `lease`. 0 is no lease and always fine (contract section 2.3).
inline bool lease_exists(const LeaseTable& leases, std::int64_t lease) {
  return lease == 0 || leases.exists(lease);
}

}  // namespace kv
