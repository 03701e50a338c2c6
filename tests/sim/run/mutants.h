// Does the simulator notice? One deliberate bug at a time, until a seed fails.
#pragma once

#include <cstdint>

namespace sim {

/// Tries every mutant for at most `seeds_max` seeds and prints a table; true when each was caught. False,
/// with a word why, in a build without KVD_MUTANTS.
bool run_mutants(std::uint64_t seeds_max, unsigned jobs);

}  // namespace sim
