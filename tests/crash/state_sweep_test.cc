// The applied state survives a crash and an error at every call of its disk.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/crash/flips.h"
#include "tests/crash/state_subject.h"
#include "tests/crash/sweep.h"

namespace crash {
namespace {

constexpr std::uint64_t kCrashStatesMin = 12'000;
constexpr std::uint64_t kFlipsOfFile = 600;
/// LevelDB merges tables when there are four.
constexpr std::uint64_t kTablesMin = 5;
constexpr std::uint64_t kFailureStatesMin = 1'500;

void report(const Counts& counts, std::uint64_t states_min) {
  std::cout << "state: " << counts.states << " states of " << counts.moments << " calls, " << counts.nested
            << " after a crash in recovery, " << counts.failures << " errors, " << counts.tables
            << " tables\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GE(counts.states, states_min);
  if (counts.failures == 0) {
    EXPECT_GE(counts.tables, kTablesMin);
  }
}

TEST(StateSweep, ACrashAtEveryCallLosesNothingDurable) {
  StateSubject subject(21, 330, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  report(sweep_crashes(subject, 1, 19), kCrashStatesMin);
}

TEST(StateSweep, AnErrorAtEveryCallIsFinalAndLosesNothingDurable) {
  StateSubject subject(22, 60, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  report(sweep_failures(subject, 2, 1), kFailureStatesMin);
}

TEST(StateSweep, AFlippedBitInAnyFileIsRefusedWithItsPlaceOrChangesNothing) {
  StateSubject subject(23, 60, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  const FlipCounts counts = flip_bits(subject, 3, kFlipsOfFile);
  std::cout << "state: bits flipped in " << counts.files << " files: " << counts.refused << " refused, "
            << counts.harmless << " changed nothing\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GT(counts.refused, kFlipsOfFile);
}

}  // namespace
}  // namespace crash
