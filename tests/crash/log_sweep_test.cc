// The raft log survives a crash and an error at every call of its disk.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/crash/flips.h"
#include "tests/crash/log_subject.h"
#include "tests/crash/sweep.h"

namespace crash {
namespace {

constexpr std::uint64_t kCrashStatesMin = 10'000;
constexpr std::uint64_t kFlipsOfFile = 600;
/// LevelDB merges tables when there are four.
constexpr std::uint64_t kTablesMin = 5;
constexpr std::uint64_t kFailureStatesMin = 2'000;

void report(const Counts& counts, std::uint64_t states_min) {
  std::cout << "log: " << counts.states << " states of " << counts.moments << " calls, " << counts.nested
            << " after a crash in recovery, " << counts.failures << " errors, " << counts.tables
            << " tables\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GE(counts.states, states_min);
  if (counts.failures == 0) {
    EXPECT_GE(counts.tables, kTablesMin);
  }
}

TEST(LogSweep, ACrashAtEveryCallLosesNothingAcknowledged) {
  LogSubject subject(11, 120, 6'000);
  report(sweep_crashes(subject, 1, 19), kCrashStatesMin);
}

TEST(LogSweep, AnErrorAtEveryCallIsFinalAndLosesNothingAcknowledged) {
  LogSubject subject(12, 90, 6'000);
  report(sweep_failures(subject, 2, 1), kFailureStatesMin);
}

TEST(LogSweep, AFlippedBitInAnyFileIsRefusedWithItsPlaceOrChangesNothing) {
  LogSubject subject(13, 60, 6'000);
  const FlipCounts counts = flip_bits(subject, 3, kFlipsOfFile);
  std::cout << "log: bits flipped in " << counts.files << " files: " << counts.refused << " refused, "
            << counts.harmless << " changed nothing\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GT(counts.refused, kFlipsOfFile);
}

}  // namespace
}  // namespace crash
