#include "tests/crash/report.h"

#include <gtest/gtest.h>

#include <iostream>

namespace crash {
namespace {

/// LevelDB merges tables when there are four.
constexpr std::uint64_t kTablesMin = 5;

}  // namespace

void report(std::string_view database, const Counts& counts, std::uint64_t states_min) {
  std::cout << database << ": " << counts.states << " states of " << counts.moments << " calls, "
            << counts.nested << " after a crash in recovery, " << counts.failures << " errors, "
            << counts.tables << " tables\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GE(counts.states, states_min);
  if (counts.failures == 0) {
    EXPECT_GE(counts.tables, kTablesMin);
  }
}

void report(std::string_view database, const FlipCounts& counts) {
  std::cout << database << ": bits flipped in " << counts.files << " files: " << counts.refused
            << " refused, " << counts.harmless << " changed nothing\n";
  EXPECT_EQ(counts.fault, "");
  EXPECT_GT(counts.refused, kFlipsOfFile);
}

}  // namespace crash
