#include "libkv/server/leader_watch.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using namespace std::chrono_literals;
using raft::NodeId;
using Answer = std::optional<std::expected<void, ServerError>>;

class LeaderWatchTest : public ::testing::Test {
 protected:
  TransferDone into(Answer& answer) {
    return [&answer](std::expected<void, ServerError> got) { answer = got; };
  }

  LeaderWatch watch_{1h};
  Answer first_;
  Answer second_;
};

TEST_F(LeaderWatchTest, AWishIsAnsweredWhenItsTargetLeads) {
  watch_.update(NodeId(1));
  watch_.expect(NodeId(2), into(first_));
  watch_.expect(NodeId(3), into(second_));
  watch_.update(std::nullopt);
  EXPECT_FALSE(first_.has_value());
  watch_.update(NodeId(2));
  EXPECT_EQ(first_, Answer(std::expected<void, ServerError>()));
  EXPECT_FALSE(second_.has_value());
  watch_.update(NodeId(3));
  EXPECT_TRUE(second_.has_value());
}

TEST_F(LeaderWatchTest, AWishThatIsTrueAlreadyIsAnsweredAtOnce) {
  watch_.update(NodeId(2));
  watch_.expect(NodeId(2), into(first_));
  EXPECT_TRUE(first_.has_value());
}

TEST_F(LeaderWatchTest, AWishThatIsLateIsTold) {
  watch_.expect(NodeId(2), into(first_));
  watch_.expire(LeaderWatch::Clock::now());
  EXPECT_FALSE(first_.has_value());
  watch_.expire(LeaderWatch::Clock::now() + 2h);
  EXPECT_EQ(first_, Answer(std::unexpected(ServerError::kTransferTimeout)));
  watch_.update(NodeId(2));
}

TEST_F(LeaderWatchTest, AStopAnswersAll) {
  watch_.expect(NodeId(2), into(first_));
  watch_.stop();
  EXPECT_EQ(first_, Answer(std::unexpected(ServerError::kStopped)));
  watch_.expect(NodeId(2), into(second_));
  EXPECT_EQ(second_, Answer(std::unexpected(ServerError::kStopped)));
}

TEST_F(LeaderWatchTest, ChangesCountTheLeadersFound) {
  const auto before = LeaderWatch::Clock::now();
  watch_.update(NodeId(1));
  watch_.update(NodeId(1));
  watch_.update(std::nullopt);
  watch_.update(NodeId(2));
  EXPECT_EQ(watch_.changes(), 2U);
  EXPECT_TRUE(watch_.changed_since(before));
  EXPECT_FALSE(watch_.changed_since(LeaderWatch::Clock::now() + 1h));
}

TEST_F(LeaderWatchTest, WaitingForAnotherEndsWithOneOrWithTime) {
  watch_.update(NodeId(2));
  watch_.wait_for_another(NodeId(1), 1h);
  watch_.wait_for_another(NodeId(2), 1ms);
}

}  // namespace
}  // namespace kv
