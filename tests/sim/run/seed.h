// One seed from its first event to its verdict.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/run/coverage.h"
#include "tests/sim/run/options.h"
#include "tests/sim/world/trace.h"

namespace sim {

struct SeedResult {
  bool failed = false;
  std::string failure;
  std::uint64_t trace_hash = 0;
};

/// Chaos for the time that the options say, then everything is healed, or a bare quorum is: it must elect,
/// commit and converge. Then the whole history is checked.
SeedResult run_seed(const SimOptions& options, Trace& trace, Coverage& coverage);

}  // namespace sim
