// How much is kept of writes in sessions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kv {

/// What is kept. Decides what entries of the log do, so that it is the same on every member and for ever;
/// only tests have others.
struct SessionLimits {
  std::size_t sessions_max = 32768;
  /// Numbers of one session; whoever has more writes under way at once loses the oldest results.
  std::uint64_t sequences_max = 128;
  /// Of one result, encoded. A larger one is not kept, only that there was one.
  std::size_t result_bytes_max = 16U << 10U;
  /// Of all rows together.
  std::size_t bytes_max = 32U << 20U;
};
static_assert(SessionLimits{}.sequences_max * SessionLimits{}.result_bytes_max * 2 <=
                  SessionLimits{}.bytes_max,
              "the session in use must fit");

}  // namespace kv
