// What a sweep must have come to, and the line that says what it did.
#pragma once

#include <cstdint>
#include <string_view>

#include "tests/crash/flips.h"
#include "tests/crash/sweep.h"

namespace crash {

/// Bits to flip in each large file.
inline constexpr std::uint64_t kFlipsOfFile = 600;

/// No fault, and at least `states_min` states; a sweep of crashes must also have seen LevelDB merge tables.
void report(std::string_view database, const Counts& counts, std::uint64_t states_min);
void report(std::string_view database, const FlipCounts& counts);

}  // namespace crash
