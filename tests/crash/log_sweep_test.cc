// The raft log survives a crash and an error at every call of its disk.
#include <gtest/gtest.h>

#include "tests/crash/log_subject.h"
#include "tests/crash/report.h"

namespace crash {
namespace {

constexpr std::uint64_t kCrashStatesMin = 10'000;
constexpr std::uint64_t kFailureStatesMin = 2'000;

TEST(LogSweep, ACrashAtEveryCallLosesNothingAcknowledged) {
  LogSubject subject(11, 120, 6'000);
  report("log", sweep_crashes(subject, 1, 19), kCrashStatesMin);
}

TEST(LogSweep, AnErrorAtEveryCallIsFinalAndLosesNothingAcknowledged) {
  LogSubject subject(12, 90, 6'000);
  report("log", sweep_failures(subject, 2, 1), kFailureStatesMin);
}

TEST(LogSweep, AFlippedBitInAnyFileIsRefusedWithItsPlaceOrChangesNothing) {
  LogSubject subject(13, 60, 6'000);
  report("log", flip_bits(subject, 3, kFlipsOfFile));
}

}  // namespace
}  // namespace crash
