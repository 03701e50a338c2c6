#include "libkv/server/auto_compaction.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using namespace std::chrono_literals;
using Mode = AutoCompactionOptions::Mode;
using Time = AutoCompaction::Time;

constexpr Time kBegin{std::chrono::hours(1000)};

/// A member whose revision grows by one a minute, looking every minute.
class History {
 public:
  explicit History(AutoCompactionOptions options) : compaction_(options, kBegin) {}

  /// The compactions of so many minutes, as pairs of minute and revision.
  std::vector<std::pair<int, std::int64_t>> run(int minutes, bool leads = true) {
    std::vector<std::pair<int, std::int64_t>> done;
    for (const int end = minute_ + minutes; minute_ < end; ++minute_) {
      const auto due = compaction_.due({.now = kBegin + std::chrono::minutes(minute_),
                                        .revision = minute_ + 1,
                                        .compacted = compacted_,
                                        .leads = leads});
      if (!due) continue;
      done.emplace_back(minute_, *due);
      if (carried_out) compacted_ = *due;
    }
    return done;
  }

  bool carried_out = true;

 private:
  AutoCompaction compaction_;
  int minute_ = 0;
  std::int64_t compacted_ = -1;
};

using Done = std::vector<std::pair<int, std::int64_t>>;

TEST(AutoCompaction, IsOffWhenItIsOff) {
  History history({});
  EXPECT_EQ(history.run(10000), Done{});
}

TEST(AutoCompaction, KeepsAPeriodAndForgetsOnceAnHour) {
  History history({.mode = Mode::kPeriodic, .period = 1h});
  const Done done = history.run(240);
  ASSERT_GE(done.size(), 3U);
  EXPECT_EQ(done[0], (std::pair<int, std::int64_t>(60, 1)));
  for (const auto& [minute, revision] : done) EXPECT_LE(revision, minute - 60 + 1);
  for (std::size_t i = 1; i < done.size(); ++i) EXPECT_GE(done[i].first - done[i - 1].first, 60);
}

TEST(AutoCompaction, ALongPeriodIsStillLookedAtEveryHour) {
  History history({.mode = Mode::kPeriodic, .period = 24h});
  const Done done = history.run(27 * 60);
  ASSERT_FALSE(done.empty());
  EXPECT_EQ(done.front().first, 24 * 60);
  EXPECT_GE(done.size(), 2U);
  for (const auto& [minute, revision] : done) EXPECT_LE(revision, minute - 24 * 60 + 1);
}

TEST(AutoCompaction, AFollowerCollectsAndDoesNotPropose) {
  History history({.mode = Mode::kPeriodic, .period = 1h});
  EXPECT_EQ(history.run(180, false), Done{});
  // The new leader knows what is an hour old already.
  const Done done = history.run(1);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_GT(done[0].second, 100);
  EXPECT_LE(done[0].second, 121);
}

TEST(AutoCompaction, TriesAgainAfterAPauseWhenNothingCameOfIt) {
  History history({.mode = Mode::kPeriodic, .period = 1h});
  history.carried_out = false;
  const Done done = history.run(73);
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[1].first - done[0].first, 6);
  history.carried_out = true;
}

TEST(AutoCompaction, KeepsSoManyRevisions) {
  History history({.mode = Mode::kRevision, .revisions = 10});
  const Done done = history.run(60);
  ASSERT_GE(done.size(), 4U);
  for (const auto& [minute, revision] : done) EXPECT_EQ(revision, minute + 1 - 10);
  for (std::size_t i = 1; i < done.size(); ++i) EXPECT_GE(done[i].first - done[i - 1].first, 5);
}

TEST(AutoCompaction, ForgetsNothingWhenThereIsNothing) {
  AutoCompaction compaction({.mode = Mode::kRevision, .revisions = 1000}, kBegin);
  EXPECT_EQ(compaction.due({.now = kBegin + 1h, .revision = 900, .compacted = -1, .leads = true}),
            std::nullopt);
  // Compacted by someone else, further than this would.
  EXPECT_EQ(compaction.due({.now = kBegin + 2h, .revision = 1500, .compacted = 600, .leads = true}),
            std::nullopt);
}

}  // namespace
}  // namespace kv
