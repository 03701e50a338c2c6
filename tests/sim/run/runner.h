// Many seeds on all cores: processes that share nothing but a counter.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/sim/run/coverage.h"

namespace sim {

struct RunOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 100;
  double minutes = 0;  ///< more than 0: go on for so long, whatever `seeds` says
  unsigned jobs = 1;
  unsigned twice_every = 50;  ///< each so-manieth seed is run twice and its traces are compared; 0: none
  bool quiet = false;
  bool keep_going = false;  ///< past the first failure
};

struct RunResult {
  Coverage coverage;
  std::optional<std::uint64_t> failed_seed;  ///< the smallest of those that failed
  double seconds = 0;
};

/// Stops at the first failure unless told to go on.
RunResult run_seeds(const RunOptions& options);
/// One seed in this process, printed as it goes when `trace` is set. True when it passes.
bool run_one(std::uint64_t seed, bool trace);

}  // namespace sim
