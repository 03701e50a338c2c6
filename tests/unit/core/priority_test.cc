// Election priority: who is preferred leads when it can, and costs nothing when it cannot.
#include <gtest/gtest.h>

#include "tests/support/core_cluster.h"

namespace raft {
namespace {

using testing::CoreCluster;

const NodeId kA(1);
const NodeId kB(2);
const NodeId kC(3);
constexpr std::uint32_t kElectionTicks = 10;

CoreOptions options() {
  CoreOptions options;
  options.election_ticks = kElectionTicks;
  options.election_jitter_ticks = 10;
  options.heartbeat_ticks = 2;
  options.caught_up_entries = 1;
  return options;
}

/// A leads, and C would rather.
class ElectionPriority : public ::testing::Test {
 protected:
  ElectionPriority() { begin(); }
  ~ElectionPriority() override { EXPECT_EQ(cluster_->fault, std::nullopt); }

  void begin(std::uint64_t seed = 1, std::uint8_t of_leader = 0) {
    cluster_ = std::make_unique<CoreCluster>(3, options(), seed);
    cluster_->prefer(kA, of_leader);
    cluster_->prefer(kC, 5);
    for (NodeId id : {kA, kC}) {
      cluster_->crash(id);
      cluster_->restart(id);
    }
    ASSERT_TRUE(cluster_->elect(kA));
  }

  std::unique_ptr<CoreCluster> cluster_;
};

TEST_F(ElectionPriority, TheLeaderHandsOverToWhoIsPreferredAndItKeepsTheLead) {
  cluster_->tick_all(kElectionTicks);
  EXPECT_TRUE(cluster_->leads(kA)) << "not at once";
  cluster_->tick_all(2 * kElectionTicks);
  ASSERT_TRUE(cluster_->leads(kC));
  const Term term = cluster_->status(kC).term;
  cluster_->tick_all(100 * kElectionTicks);
  EXPECT_EQ(cluster_->status(kC).term, term);
}

TEST_F(ElectionPriority, AnEqualIsNotPreferred) {
  begin(1, 5);
  const Term term = cluster_->status(kA).term;
  cluster_->tick_all(20 * kElectionTicks);
  EXPECT_TRUE(cluster_->leads(kA));
  EXPECT_EQ(cluster_->status(kA).term, term);
}

TEST_F(ElectionPriority, WhoIsCutOffOrBehindIsNotHandedTo) {
  cluster_->isolate(kC, true);
  for (const char* command : {"a", "b", "c"}) cluster_->propose(kA, command);
  const Term term = cluster_->status(kA).term;
  cluster_->tick_all(20 * kElectionTicks);
  EXPECT_TRUE(cluster_->leads(kA));
  // It is heard again, but hears nothing: it stays behind.
  cluster_->isolate(kC, false);
  cluster_->cut(kA, kC, true);
  cluster_->tick_all(20 * kElectionTicks);
  EXPECT_TRUE(cluster_->leads(kA));
  EXPECT_EQ(cluster_->status(kA).term, term) << "no election for its sake";
  cluster_->heal();
  cluster_->tick_all(5 * kElectionTicks);
  EXPECT_TRUE(cluster_->leads(kC));
}

TEST_F(ElectionPriority, TheOthersLetWhoIsPreferredCampaignFirst) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    begin(seed);
    cluster_->tick_all(kElectionTicks);
    cluster_->crash(kA);
    cluster_->tick_all(2 * kElectionTicks + 5);
    EXPECT_TRUE(cluster_->leads(kC)) << "seed " << seed;
  }
}

TEST_F(ElectionPriority, WhoDiedWithTheLeaderIsNotWaitedFor) {
  cluster_->add(NodeId(4));
  cluster_->want({.voters = {kA, kB, kC, NodeId(4)}, .learners = {}, .replacements = {}});
  cluster_->tick_all(kElectionTicks);
  cluster_->crash(kC);
  cluster_->tick_all(kElectionTicks + 2);
  ASSERT_TRUE(cluster_->leads(kA));
  EXPECT_EQ(deferral_ticks(cluster_->core(kB).shared(), kA), 0U);
  cluster_->restart(kC);
  cluster_->tick_all(4);
  EXPECT_EQ(deferral_ticks(cluster_->core(kB).shared(), kA), options().election_jitter_ticks);
  EXPECT_EQ(deferral_ticks(cluster_->core(kB).shared(), kC), 0U) << "the leader that fell silent itself";
  EXPECT_EQ(deferral_ticks(cluster_->core(kC).shared(), kA), 0U);
}

TEST_F(ElectionPriority, AHandOverThatFailsIsTriedLessAndLessOften) {
  int handed = 0;
  for (std::uint32_t tick = 0; tick < 1000 * kElectionTicks; ++tick) {
    for (NodeId id : cluster_->ids()) cluster_->tick(id);
    auto& link = cluster_->link(kA, kC);
    handed += static_cast<int>(std::erase_if(
        link, [](const Message& message) { return std::holds_alternative<TimeoutNow>(message); }));
    cluster_->settle();
    ASSERT_TRUE(cluster_->leads(kA)) << tick;
  }
  EXPECT_GE(handed, 5);
  EXPECT_LE(handed, 12) << "every try keeps proposals waiting";
}

}  // namespace
}  // namespace raft
