// New ids for leases.
#pragma once

#include <cstdint>

namespace kv::api {

/// Positive, and unlike any other in the cluster: 63 bits of chance. 0: the system has none to give.
std::int64_t new_lease_id();

}  // namespace kv::api
