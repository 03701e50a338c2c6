// The newest points of one member's state, thinner the older they are.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "libkv/machine/machine.h"

namespace kv {

/// Members look at their states at the same indexes, every 16th, 256th, 4,096th and 65,536th, so that members
/// at different places and speeds have some in common; and wherever they stand when they tell, so that a
/// quiet cluster is compared too. Thread: one.
class PointRings {
 public:
  static constexpr std::array<std::uint64_t, 5> kStrides{1, kPointStride, 256, 4096, 65536};
  static constexpr std::size_t kKept = 32;  ///< of each stride
  static constexpr std::size_t kTold = 4;   ///< of each stride, to other members

  void add(const StatePoint& point) {
    for (std::size_t i = 0; i < kStrides.size(); ++i) {
      if (point.index.value() % kStrides[i] != 0) continue;
      Ring& ring = rings_[i];
      if (ring.count > 0 && ring.newest(0).index >= point.index) continue;
      ring.points[ring.count++ % kKept] = point;
    }
  }

  /// The hash at that index, if it is among those kept.
  [[nodiscard]] std::optional<std::uint64_t> at(raft::Index index) const {
    for (const Ring& ring : rings_) {
      for (std::size_t back = 0; back < ring.size(); ++back) {
        const StatePoint& point = ring.newest(back);
        if (point.index == index) return point.hash;
        if (point.index < index) break;
      }
    }
    return std::nullopt;
  }

  /// At most `each` of each stride; some may come twice.
  [[nodiscard]] std::vector<StatePoint> newest(std::size_t each) const {
    std::vector<StatePoint> all;
    for (const Ring& ring : rings_) {
      for (std::size_t back = 0; back < std::min(each, ring.size()); ++back) all.push_back(ring.newest(back));
    }
    return all;
  }

 private:
  struct Ring {
    std::array<StatePoint, kKept> points;
    std::size_t count = 0;  // ever added
    [[nodiscard]] std::size_t size() const { return std::min(count, kKept); }
    [[nodiscard]] const StatePoint& newest(std::size_t back) const {
      return points[(count - 1 - back) % kKept];
    }
  };

  std::array<Ring, kStrides.size()> rings_;
};

}  // namespace kv
