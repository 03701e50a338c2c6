// The two small things that make endless retries bearable: the pause between them and what is said of them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libraft/net/backoff.h"
#include "libraft/net/change_log.h"

namespace raft {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsLimitWithinTheUpperHalf) {
  Backoff backoff(milliseconds(20), milliseconds(100), Random(1));
  for (const int full : {20, 40, 80, 100, 100}) {
    const auto pause = backoff.next();
    EXPECT_LE(pause, milliseconds(full));
    EXPECT_GE(pause, milliseconds(full / 2));
  }
}

TEST(Backoff, StartsAgainAfterReset) {
  Backoff backoff(milliseconds(20), milliseconds(1000), Random(1));
  for (int i = 0; i < 10; ++i) static_cast<void>(backoff.next());
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(20));
}

TEST(Backoff, IsReplayedByItsSeedAndDiffersBetweenSeeds) {
  const auto pauses = [](std::uint64_t seed) {
    Backoff backoff(milliseconds(1000), milliseconds(60000), Random(seed));
    std::vector<milliseconds> drawn;
    for (int i = 0; i < 5; ++i) drawn.push_back(backoff.next());
    return drawn;
  };
  EXPECT_EQ(pauses(1), pauses(1));
  EXPECT_NE(pauses(1), pauses(2));
}

class ChangeLogTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines_;
  ChangeLog log_{[this](LogLevel, std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(ChangeLogTest, SaysARepeatedThingOnce) {
  for (int i = 0; i < 3; ++i) log_.report(LogLevel::kInfo, "a", "down");
  log_.report(LogLevel::kInfo, "b", "down");
  log_.report(LogLevel::kInfo, "a", "up");
  log_.report(LogLevel::kInfo, "a", "down");
  EXPECT_EQ(lines_, (std::vector<std::string>{"down", "down", "up", "down"}));
}

TEST_F(ChangeLogTest, ComparesWhatTheCallerSaysMatters) {
  log_.report(LogLevel::kInfo, "a", "refused", "refused port 1");
  log_.report(LogLevel::kInfo, "a", "refused", "refused port 2");
  EXPECT_EQ(lines_, (std::vector<std::string>{"refused port 1"}));
}

TEST_F(ChangeLogTest, SaysItAgainAfterClear) {
  log_.report(LogLevel::kInfo, "a", "down");
  log_.clear("a");
  log_.report(LogLevel::kInfo, "a", "down");
  EXPECT_EQ(lines_.size(), 2U);
}

TEST(ChangeLog, WithoutASinkIsSilent) {
  ChangeLog log{LogSink()};
  log.report(LogLevel::kInfo, "a", "down");
}

}  // namespace
}  // namespace raft
