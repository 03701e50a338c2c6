// No lease ends early: not before its length has passed since it was last granted or kept alive, by a clock
// that is right, counted from the moment at which its client asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/check/verdict.h"
#include "tests/sim/world/event_queue.h"

namespace sim {

class LeaseChecks {
 public:
  explicit LeaseChecks(Verdict& verdict) : verdict_(verdict) {}

  /// A client was told that its lease lives for `ttl` seconds; it asked at `asked`.
  void promised(std::int64_t lease, Micros asked, std::int64_t ttl) {
    Micros& until = alive_until_[lease];
    until = std::max(until, asked + static_cast<Micros>(ttl) * kSecond);
    if (const auto ended = ended_.find(lease); ended != ended_.end()) judge(lease, ended->second);
  }

  /// An entry that ends the lease because its time is over was applied for the first time.
  void expired(std::int64_t lease, Micros now) {
    ended_.emplace(lease, now);
    judge(lease, now);
  }

 private:
  void judge(std::int64_t lease, Micros ended) {
    const auto until = alive_until_.find(lease);
    if (until == alive_until_.end() || ended >= until->second) return;
    verdict_.fail("lease " + std::to_string(lease) + " ended " + std::to_string(until->second - ended) +
                  " us early");
  }

  Verdict& verdict_;
  std::map<std::int64_t, Micros> alive_until_;
  std::map<std::int64_t, Micros> ended_;
};

}  // namespace sim
