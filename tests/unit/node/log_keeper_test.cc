#include "libraft/node/log_keeper.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

constexpr CompactionOptions kOptions{
    .entries = 100, .bytes = 10000, .keep_entries = 10, .keep_bytes = 1000000};

LogKeeper keeper_of(std::uint64_t entries, std::size_t bytes_each) {
  LogKeeper keeper(kOptions, Index(0), Index(0), 0);
  for (std::uint64_t i = 1; i <= entries; ++i) keeper.given(Index(i), bytes_each);
  return keeper;
}

TEST(LogKeeper, AsksOnceUntilItIsAnswered) {
  LogKeeper keeper = keeper_of(100, 1);
  EXPECT_FALSE(keeper.due(Index(99)));
  EXPECT_TRUE(keeper.due(Index(100)));
  EXPECT_FALSE(keeper.due(Index(100)));
  ASSERT_TRUE(keeper.cut(Index(100), std::nullopt));
  EXPECT_FALSE(keeper.due(Index(100))) << "it is short again";
}

TEST(LogKeeper, BytesMakeItDueToo) {
  EXPECT_FALSE(keeper_of(50, 199).due(Index(50)));
  EXPECT_TRUE(keeper_of(50, 200).due(Index(50)));
}

TEST(LogKeeper, KeepsATailAndNothingThatIsNotSynced) {
  const auto cut = keeper_of(100, 1).cut(Index(100), std::nullopt);
  ASSERT_TRUE(cut);
  EXPECT_GE(*cut, Index(90));
  EXPECT_LT(*cut, Index(100));
  EXPECT_EQ(keeper_of(100, 1).cut(Index(60), std::nullopt), Index(60));
}

TEST(LogKeeper, WaitsForASnapshotUnderWayButNotForEver) {
  EXPECT_EQ(keeper_of(100, 1).cut(Index(100), Index(40)), Index(40));
  EXPECT_GT(*keeper_of(400, 1).cut(Index(400), Index(40)), Index(40));
}

TEST(LogKeeper, AStateInTheLogsPlaceBeginsAnew) {
  LogKeeper keeper = keeper_of(100, 1);
  keeper.reset(Index(500));
  EXPECT_FALSE(keeper.due(Index(500)));
  EXPECT_FALSE(keeper.cut(Index(500), std::nullopt));
}

}  // namespace
}  // namespace raft
