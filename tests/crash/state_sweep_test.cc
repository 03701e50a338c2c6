// The applied state survives a crash and an error at every call of its disk.
#include <gtest/gtest.h>

#include "tests/crash/report.h"
#include "tests/crash/state_subject.h"

namespace crash {
namespace {

constexpr std::uint64_t kCrashStatesMin = 12'000;
constexpr std::uint64_t kFailureStatesMin = 1'500;

TEST(StateSweep, ACrashAtEveryCallLosesNothingDurable) {
  StateSubject subject(21, 330, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  report("state", sweep_crashes(subject, 1, 19), kCrashStatesMin);
}

TEST(StateSweep, AnErrorAtEveryCallIsFinalAndLosesNothingDurable) {
  StateSubject subject(22, 60, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  report("state", sweep_failures(subject, 2, 1), kFailureStatesMin);
}

TEST(StateSweep, AFlippedBitInAnyFileIsRefusedWithItsPlaceOrChangesNothing) {
  StateSubject subject(23, 60, 3'000);
  ASSERT_EQ(subject.model_differs(), "");
  report("state", flip_bits(subject, 3, kFlipsOfFile));
}

}  // namespace
}  // namespace crash
