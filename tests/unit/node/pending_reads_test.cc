#include "libraft/node/pending_reads.h"

#include <gtest/gtest.h>

namespace raft {
namespace {

using Tickets = std::vector<std::uint64_t>;

TEST(PendingReads, AsksOneQuestionForAllThatWait) {
  PendingReads reads(10, 1);
  reads.add({1, 2});
  reads.add({3});
  const auto id = reads.ask(true);
  ASSERT_TRUE(id);
  EXPECT_FALSE(reads.ask(true));
  EXPECT_EQ(reads.answered(*id), (Tickets{1, 2, 3}));
}

TEST(PendingReads, WaitsForALeader) {
  PendingReads reads(10, 1);
  reads.add({1});
  EXPECT_FALSE(reads.ask(false));
  EXPECT_TRUE(reads.ask(true));
}

TEST(PendingReads, AsksAgainUnderANewNumberWhenTheLeaderWasLost) {
  PendingReads reads(10, 1);
  reads.add({1});
  const auto first = reads.ask(true);
  reads.failed(*first);
  const auto second = reads.ask(true);
  ASSERT_TRUE(second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(reads.answered(*first), Tickets{});
  EXPECT_EQ(reads.answered(*second), Tickets{1});
}

TEST(PendingReads, AsksAgainWhenNoAnswerCame) {
  PendingReads reads(2, 1);
  reads.add({1});
  ASSERT_TRUE(reads.ask(true));
  reads.tick();
  EXPECT_FALSE(reads.ask(true));
  reads.tick();
  EXPECT_TRUE(reads.ask(true));
}

}  // namespace
}  // namespace raft
