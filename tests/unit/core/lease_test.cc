// Lease reads (thesis 6.4.1): when a leader may answer without asking, and what takes that from it.
#include <gtest/gtest.h>

#include "tests/support/core_cluster.h"

namespace raft {
namespace {

using testing::CoreCluster;

const NodeId kLeader(1);
const NodeId kVoter(2);
const NodeId kOther(3);
constexpr std::uint32_t kElectionTicks = 20;
/// Nine tenths of it.
constexpr std::uint32_t kLeaseTicks = 18;

CoreOptions with_leases() {
  CoreOptions options;
  options.election_ticks = kElectionTicks;
  options.election_jitter_ticks = 10;
  options.heartbeat_ticks = 4;
  options.lease_reads = true;
  return options;
}

class LeaseReads : public ::testing::Test {
 protected:
  LeaseReads() {
    EXPECT_TRUE(cluster_.elect(kLeader));
    cluster_.propose(kLeader, "x");
    cluster_.tick_all(8);
  }
  ~LeaseReads() override { EXPECT_EQ(cluster_.fault, std::nullopt); }

  /// A round that begins with this tick is confirmed by everyone in it.
  void renew() {
    do cluster_.tick(kLeader);
    while (cluster_.in_flight(kLeader, kVoter) == 0);
    cluster_.settle();
  }
  /// Cuts a voter off for so long that it would lead if it could.
  void leave_alone(NodeId id) {
    cluster_.isolate(id, true);
    for (std::uint32_t tick = 0; tick < 2 * kElectionTicks; ++tick) cluster_.tick(id);
    cluster_.settle();
  }
  /// Whether a read is answered although no message of it goes anywhere.
  bool answers_alone() {
    ++ticket_;
    cluster_.read(kLeader, ticket_);
    return cluster_.reads_ready.contains(ticket_);
  }

  CoreCluster cluster_{3, with_leases(), 1};
  std::uint64_t ticket_ = 0;
};

TEST_F(LeaseReads, AConfirmedLeaderAnswersAtOnce) {
  renew();
  cluster_.isolate(kLeader, true);
  EXPECT_TRUE(answers_alone());
}

TEST_F(LeaseReads, ATenthOfTheElectionTimeoutIsLeftForTheClocks) {
  renew();
  cluster_.isolate(kLeader, true);
  for (std::uint32_t tick = 1; tick < kLeaseTicks; ++tick) {
    cluster_.tick(kLeader);
    ASSERT_TRUE(answers_alone()) << tick;
  }
  cluster_.tick(kLeader);
  EXPECT_FALSE(answers_alone());
}

TEST_F(LeaseReads, APauseEndsTheLease) {
  renew();
  cluster_.isolate(kLeader, true);
  cluster_.pause(kLeader);
  EXPECT_FALSE(answers_alone());
}

TEST_F(LeaseReads, AConfirmationFromBeforeAPauseDoesNotRenewIt) {
  do cluster_.tick(kLeader);
  while (cluster_.in_flight(kLeader, kVoter) == 0);
  cluster_.pause(kLeader);
  cluster_.settle();
  cluster_.isolate(kLeader, true);
  EXPECT_FALSE(answers_alone());
}

TEST_F(LeaseReads, ATransferEndsItForTheRestOfTheReign) {
  renew();
  cluster_.cut(kLeader, kVoter, true);
  cluster_.transfer(kLeader, kVoter);
  EXPECT_FALSE(answers_alone());
  cluster_.settle();  // this one is lost; one that is only late looks the same from here
  cluster_.heal();
  for (std::uint32_t tick = 0; tick < 2 * kElectionTicks; ++tick) {
    // Nobody but the leader ages, and the others confirm: given up, the transfer's TimeoutNow may be on its
    // way.
    cluster_.tick(kLeader);
    cluster_.settle();
  }
  ASSERT_TRUE(cluster_.leads(kLeader));
  cluster_.isolate(kLeader, true);
  EXPECT_FALSE(answers_alone());
}

TEST_F(LeaseReads, AVoterThatStartsAgainKeepsWhatItDoesNotRemember) {
  leave_alone(kOther);
  renew();
  cluster_.isolate(kLeader, true);
  cluster_.crash(kVoter);
  cluster_.restart(kVoter);
  cluster_.cut(kVoter, kOther, false);
  cluster_.cut(kOther, kVoter, false);
  for (std::uint32_t tick = 0; tick < kLeaseTicks; ++tick) {
    ASSERT_TRUE(answers_alone()) << tick;
    for (NodeId id : cluster_.ids()) cluster_.tick(id);
    cluster_.settle();
    ASSERT_FALSE(cluster_.leads(kVoter) || cluster_.leads(kOther))
        << "while another answers reads, tick " << tick;
  }
  EXPECT_FALSE(answers_alone());
  for (int tick = 0; tick < 400 && !cluster_.leads(kVoter) && !cluster_.leads(kOther); ++tick) {
    cluster_.tick_all(1);
  }
  EXPECT_TRUE(cluster_.leads(kVoter) || cluster_.leads(kOther)) << "and then somebody does";
}

TEST_F(LeaseReads, ANewTermDoesNotMakeAVoterForget) {
  for (NodeId id : {kLeader, kVoter}) cluster_.cut(kOther, id, true);
  const VoteReply newer{.term = Term(9), .pre_vote = false, .granted = false};
  cluster_.link(kVoter, kOther).push_back(newer);
  cluster_.settle();
  leave_alone(kOther);
  renew();
  cluster_.isolate(kLeader, true);
  cluster_.cut(kVoter, kOther, false);
  cluster_.cut(kOther, kVoter, false);
  cluster_.link(kOther, kVoter).push_back(newer);
  cluster_.settle();
  ASSERT_EQ(cluster_.status(kVoter).term, Term(9));
  for (std::uint32_t tick = 0; tick < kLeaseTicks; ++tick) {
    for (NodeId id : cluster_.ids()) cluster_.tick(id);
    cluster_.settle();
    ASSERT_FALSE(cluster_.leads(kVoter) || cluster_.leads(kOther)) << tick;
  }
}

TEST(LeaseReadsOption, MembersThatNeverTookPartElectWithoutDelay) {
  CoreCluster cluster(3, with_leases(), 1);
  EXPECT_TRUE(cluster.await_leader(kElectionTicks));
}

TEST(LeaseReadsOption, NeedsCheckQuorum) {
  CoreOptions options = with_leases();
  EXPECT_TRUE(options.faults().empty());
  options.check_quorum = false;
  EXPECT_EQ(options.faults(), std::vector<std::string>{"lease_reads needs check_quorum"});
}

}  // namespace
}  // namespace raft
