// How often a peer may do something cheap for it and costly for us.
#pragma once

#include <chrono>

namespace kv::rpc {

/// A token bucket: `burst` at once, `per_second` in the long run.
class FloodGuard {
 public:
  using Clock = std::chrono::steady_clock;

  FloodGuard(double burst, double per_second);

  /// Counts one; false when the peer is over its rate.
  bool allow(Clock::time_point now);

 private:
  double burst_;
  double per_second_;
  double tokens_;
  Clock::time_point last_{};
};

}  // namespace kv::rpc
