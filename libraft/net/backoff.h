// How long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <chrono>

#include "libraft/base/random.h"

namespace raft {

/// Doubles from `min` to `max`; each pause is drawn from the upper half, so that members that lost each other
/// together do not come back together. Requires 0 < min <= max.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max, Random random)
      : min_(min), max_(max), next_(min), random_(random) {}

  std::chrono::milliseconds next() {
    const auto pause = next_;
    next_ = std::min(next_ * 2, max_);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    return pause - std::chrono::milliseconds(random_.below(half + 1));
  }
  void reset() { next_ = min_; }

 private:
  const std::chrono::milliseconds min_;
  const std::chrono::milliseconds max_;
  std::chrono::milliseconds next_;
  Random random_;
};

}  // namespace raft
