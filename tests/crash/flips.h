// Single bits that change in the files of a database that is closed.
#pragma once

#include <cstdint>
#include <string>

#include "tests/crash/subject.h"

namespace crash {

struct FlipCounts {
  std::uint64_t files = 0;
  std::uint64_t refused = 0;   ///< did not open, and said where
  std::uint64_t harmless = 0;  ///< opened, with the same content
  std::string fault;           ///< the first that was neither; ends it
};

/// Runs the workload, then flips one bit in every byte of small files and in `per_file` bytes of large ones,
/// each alone, and opens. A refusal must name the file or the entry.
FlipCounts flip_bits(Subject& subject, std::uint64_t seed, std::uint64_t per_file);

}  // namespace crash
