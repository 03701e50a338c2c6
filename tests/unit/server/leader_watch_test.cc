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

  void leads(std::optional<NodeId> leader) {
    raft::CoreStatus status;
    status.leader = leader;
    watch_.status_changed(status);
  }

  LeaderWatch watch_{1h};
  Answer first_;
  Answer second_;
};

TEST_F(LeaderWatchTest, AWishIsAnsweredWhenItsTargetLeads) {
  leads(NodeId(1));
  watch_.expect(NodeId(2), into(first_));
  watch_.expect(NodeId(3), into(second_));
  leads(std::nullopt);
  EXPECT_FALSE(first_.has_value());
  leads(NodeId(2));
  EXPECT_EQ(first_, Answer(std::expected<void, ServerError>()));
  EXPECT_FALSE(second_.has_value());
  leads(NodeId(3));
  EXPECT_TRUE(second_.has_value());
}

TEST_F(LeaderWatchTest, AWishThatIsTrueAlreadyIsAnsweredAtOnce) {
  leads(NodeId(2));
  watch_.expect(NodeId(2), into(first_));
  EXPECT_TRUE(first_.has_value());
}

TEST_F(LeaderWatchTest, AWishThatIsLateIsTold) {
  watch_.expect(NodeId(2), into(first_));
  watch_.ticked(LeaderWatch::Clock::now());
  EXPECT_FALSE(first_.has_value());
  watch_.ticked(LeaderWatch::Clock::now() + 2h);
  EXPECT_EQ(first_, Answer(std::unexpected(ServerError::kTransferTimeout)));
  leads(NodeId(2));
}

TEST_F(LeaderWatchTest, AStopAnswersAll) {
  watch_.expect(NodeId(2), into(first_));
  watch_.closed();
  EXPECT_EQ(first_, Answer(std::unexpected(ServerError::kStopped)));
  watch_.expect(NodeId(2), into(second_));
  EXPECT_EQ(second_, Answer(std::unexpected(ServerError::kStopped)));
}

TEST_F(LeaderWatchTest, ChangesCountTheLeadersFound) {
  const auto before = LeaderWatch::Clock::now();
  leads(NodeId(1));
  leads(NodeId(1));
  leads(std::nullopt);
  leads(NodeId(2));
  EXPECT_EQ(watch_.changes(), 2U);
  EXPECT_TRUE(watch_.changed_since(before));
  EXPECT_FALSE(watch_.changed_since(LeaderWatch::Clock::now() + 1h));
}

TEST_F(LeaderWatchTest, WaitingForAnotherEndsWithOneOrWithTime) {
  leads(NodeId(2));
  watch_.wait_for_another(NodeId(1), 1h);
  watch_.wait_for_another(NodeId(2), 1ms);
}

}  // namespace
}  // namespace kv
