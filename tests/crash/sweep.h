// Every moment of a workload at which the power may go or the disk may fail, and what is left of each.
#pragma once

#include <cstdint>
#include <string>

#include "tests/crash/subject.h"

namespace crash {

struct Counts {
  std::uint64_t moments = 0;   ///< calls of the disk at which it was tried
  std::uint64_t states = 0;    ///< disks that were recovered from
  std::uint64_t nested = 0;    ///< of them: after a crash within a recovery
  std::uint64_t failures = 0;  ///< errors that were injected
  std::uint64_t tables = 0;    ///< that LevelDB wrote in the workload: its logs rotated
  std::string fault;           ///< the first thing that was wrong, with where; ends the sweep
};

/// Crashes the workload before every call, in every way; of every `nested_every`th state the recovery too.
Counts sweep_crashes(Subject& subject, std::uint64_t seed, std::uint64_t nested_every);

/// Fails every `stride`th call once, in every way, then lets the process or the machine start again.
Counts sweep_failures(Subject& subject, std::uint64_t seed, std::uint64_t stride);

}  // namespace crash
