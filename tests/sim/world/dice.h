// Seeded chance. One stream a concern, so that one fault's draws do not shift another's.
#pragma once

#include <cstdint>
#include <iterator>

#include "libraft/base/random.h"

namespace sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  /// The stream for one concern of one seed.
  Dice(std::uint64_t seed, std::uint64_t concern)
      : random_(seed * 0x9e3779b97f4a7c15ULL ^ (concern + 1) * 0xd1342543de82ef95ULL) {}

  std::uint64_t next() { return random_.next(); }
  /// Uniform in [0, bound). Requires bound > 0.
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  bool permille(std::uint64_t chance) { return below(1000) < chance; }
  /// Mostly near `typical`, now and then many times as much.
  std::uint64_t long_tailed(std::uint64_t typical) {
    std::uint64_t value = between(typical / 2, typical + typical / 2);
    while (percent(12)) value *= 2;
    return value;
  }
  template <class List>
  auto& pick(List& list) {
    return list[below(std::size(list))];
  }

 private:
  raft::Random random_;
};

}  // namespace sim
