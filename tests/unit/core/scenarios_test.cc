// Scenarios of the paper and of other implementations' bugs, on a scripted cluster. B numbers:
// reliability.md.
#include <gtest/gtest.h>

#include "tests/support/core_cluster.h"

namespace raft {
namespace {

using testing::CoreCluster;
using Commands = std::vector<std::string>;

const NodeId kA(1);
const NodeId kB(2);
const NodeId kC(3);
const NodeId kD(4);
const NodeId kE(5);

CoreOptions quick() {
  CoreOptions options;
  options.election_ticks = 10;
  options.election_jitter_ticks = 10;
  options.heartbeat_ticks = 2;
  return options;
}

/// Every scenario ends with the cluster's invariants unbroken.
class Scenario : public ::testing::Test {
 protected:
  explicit Scenario(std::size_t members = 3) : cluster_(members, quick(), 1) {}
  ~Scenario() override { EXPECT_EQ(cluster_.fault, std::nullopt); }

  /// Ticks everyone until a member other than `old` leads; `old` may believe that it still does.
  NodeId next_leader(NodeId old) {
    for (int i = 0; i < 400; ++i) {
      cluster_.tick_all(1);
      for (NodeId id : cluster_.ids()) {
        if (id != old && cluster_.leads(id)) return id;
      }
    }
    ADD_FAILURE() << "nobody leads";
    return old;
  }
  void expect_everywhere(const Commands& commands) {
    for (NodeId id : cluster_.ids()) EXPECT_EQ(cluster_.applied(id), commands) << "member " << id.value();
  }

  CoreCluster cluster_;
};

class FiveScenario : public Scenario {
 protected:
  FiveScenario() : Scenario(5) {}
};

TEST_F(Scenario, AnElectionMakesOneLeaderThatEveryoneFollows) {
  ASSERT_TRUE(cluster_.elect(kA));
  for (NodeId id : cluster_.ids()) EXPECT_EQ(cluster_.status(id).leader, kA);
  EXPECT_EQ(cluster_.status(kA).term, Term(1));
}

TEST_F(Scenario, ACommandIsAppliedEverywhereInOrder) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  cluster_.propose(kA, "y");
  cluster_.tick_all(4);
  expect_everywhere({"x", "y"});
}

TEST_F(Scenario, AFollowerPassesProposalsToItsLeader) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kB, "from b");
  cluster_.tick_all(4);
  expect_everywhere({"from b"});
}

TEST_F(Scenario, WithoutALeaderProposalsAreRefusedAndNotLost) {
  cluster_.propose(kA, "early");
  EXPECT_EQ(cluster_.refused, Commands{"early"});
}

TEST_F(Scenario, NothingCommitsWithoutAQuorum) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.crash(kB);
  cluster_.crash(kC);
  cluster_.propose(kA, "alone");
  cluster_.settle();
  EXPECT_EQ(cluster_.applied(kA), Commands{});
}

TEST_F(Scenario, TheLeadersOwnDiskMayBeTheSlowOne) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  while (cluster_.deliver(kA, kB)) continue;
  cluster_.complete_write(kB);
  while (cluster_.deliver(kB, kA)) continue;
  EXPECT_EQ(cluster_.applied(kA), Commands{}) << "one disk of three";
  while (cluster_.deliver(kA, kC)) continue;
  cluster_.complete_write(kC);
  while (cluster_.deliver(kC, kA)) continue;
  EXPECT_EQ(cluster_.status(kA).commit, Index(2)) << "two disks of three, the leader's not among them";
  EXPECT_EQ(cluster_.applied(kA), Commands{}) << "but it applies only what its own disk holds";
  cluster_.complete_write(kA);
  EXPECT_EQ(cluster_.applied(kA), Commands{"x"});
}

TEST_F(Scenario, AVoteLeavesOnlyWhenItIsOnDisk) {
  for (int i = 0; i < 40 && cluster_.in_flight(kA, kB) == 0; ++i) {
    cluster_.tick(kA);
    cluster_.complete_write(kA);
  }
  ASSERT_TRUE(cluster_.deliver(kA, kB));  // the pre-vote
  ASSERT_TRUE(cluster_.deliver(kB, kA));
  EXPECT_EQ(cluster_.in_flight(kA, kC), 1U) << "only the pre-vote: the candidate's own vote is not on disk";
  cluster_.complete_write(kA);
  ASSERT_TRUE(cluster_.deliver(kA, kB));
  EXPECT_EQ(cluster_.in_flight(kB, kA), 0U) << "the vote waits for the disk";
  cluster_.complete_write(kB);
  EXPECT_EQ(cluster_.in_flight(kB, kA), 1U);
}

TEST_F(Scenario, AnIsolatedMemberDoesNotDisturbWhenItComesBack) {  // B8
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.isolate(kC, true);
  cluster_.tick_all(200);
  cluster_.heal();
  cluster_.tick_all(50);
  EXPECT_TRUE(cluster_.leads(kA));
  EXPECT_EQ(cluster_.status(kA).term, Term(1));
  EXPECT_EQ(cluster_.status(kC).leader, kA);
}

TEST_F(Scenario, ADeafLeaderStepsDown) {  // B10
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.cut(kB, kA, true);
  cluster_.cut(kC, kA, true);
  cluster_.tick_all(21);
  EXPECT_FALSE(cluster_.leads(kA));
}

TEST_F(Scenario, ALeaderCutOffFromTheOthersIsReplaced) {  // B6
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.isolate(kA, true);
  cluster_.tick_all(60);
  EXPECT_TRUE(cluster_.leads(kB) || cluster_.leads(kC));
  EXPECT_FALSE(cluster_.leads(kA));
  cluster_.heal();
  EXPECT_TRUE(cluster_.await_leader());
}

TEST_F(Scenario, AnUncommittedTailIsReplacedByTheNewLeaders) {  // Rejoin3B
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.isolate(kA, true);
  for (int i = 0; i < 5; ++i) cluster_.propose(kA, "lost " + std::to_string(i));
  const NodeId next = next_leader(kA);
  cluster_.propose(next, "kept");
  cluster_.tick_all(4);
  cluster_.heal();
  cluster_.tick_all(40);
  expect_everywhere({"kept"});
}

TEST_F(FiveScenario, EntriesOfOldTermsAreNotCommittedByCounting) {  // Figure 8; B1
  ASSERT_TRUE(cluster_.elect(kA));
  const Index before = cluster_.status(kA).commit;
  // (a) A writes an entry that only B gets.
  for (NodeId id : {kC, kD, kE}) cluster_.isolate(id, true);
  cluster_.propose(kA, "2");
  cluster_.settle();
  cluster_.crash(kA);
  // (b) One of C, D and E is elected by the others and crashes.
  for (NodeId id : {kC, kD, kE}) cluster_.isolate(id, false);
  cluster_.isolate(kB, true);
  const NodeId second = next_leader(kA);
  cluster_.crash(second);
  cluster_.heal();
  // (c) A comes back, is elected, and brings its old entry to a majority. Its own no-op makes that safe.
  cluster_.restart(kA);
  const Term old_term = cluster_.status(kA).term;
  for (int i = 0; i < 200 && !cluster_.leads(kA); ++i) cluster_.tick_all(1);
  const auto leader = cluster_.await_leader();
  ASSERT_TRUE(leader);
  cluster_.restart(second);
  cluster_.tick_all(60);
  EXPECT_GT(cluster_.status(*leader).term, old_term);
  EXPECT_GT(cluster_.status(*leader).commit, before);
  // Whoever leads, all logs agree in the end; the cluster checks each applied entry against the others.
  const auto applied = cluster_.applied(*leader);
  expect_everywhere(applied);
}

TEST_F(FiveScenario, DivergentTailsAreRepairedInAFewMessages) {  // Figure 7, Backup3B
  ASSERT_TRUE(cluster_.elect(kA));
  for (NodeId id : {kC, kD, kE}) cluster_.isolate(id, true);
  for (int i = 0; i < 50; ++i) cluster_.propose(kA, "a" + std::to_string(i));
  cluster_.settle();
  cluster_.crash(kA);
  cluster_.heal();
  cluster_.isolate(kB, true);
  const NodeId next = next_leader(kA);
  for (int i = 0; i < 50; ++i) cluster_.propose(next, "c" + std::to_string(i));
  cluster_.settle();
  cluster_.heal();
  cluster_.restart(kA);
  cluster_.tick_all(30);
  EXPECT_EQ(cluster_.applied(kA).size(), 50U);
  expect_everywhere(cluster_.applied(next));
}

TEST_F(Scenario, LostAppendsAreSentAgain) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  while (cluster_.in_flight(kA, kB) > 0) cluster_.drop(kA, kB);
  cluster_.settle();
  EXPECT_EQ(cluster_.applied(kB), Commands{});
  cluster_.tick_all(6);
  expect_everywhere({"x"});
}

TEST_F(Scenario, ADuplicatedAppendAfterMoreWasCommittedChangesNothing) {  // B18, B19
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  const Message old = cluster_.link(kA, kB).back();
  cluster_.settle();
  cluster_.propose(kA, "y");
  cluster_.tick_all(4);
  cluster_.link(kA, kB).push_back(old);
  cluster_.settle();
  cluster_.tick_all(4);
  expect_everywhere({"x", "y"});
}

TEST_F(Scenario, AReadWaitsForTheFirstCommitOfTheTerm) {  // B29
  for (int i = 0; i < 60 && !cluster_.leads(kA); ++i) {
    cluster_.tick(kA);
    cluster_.complete_write(kA);
    for (NodeId other : {kB, kC}) {
      while (cluster_.deliver(kA, other)) continue;
      cluster_.complete_write(other);
      while (cluster_.deliver(other, kA)) continue;
    }
  }
  ASSERT_TRUE(cluster_.leads(kA));
  cluster_.read(kA, 1);
  if (cluster_.status(kA).commit < Index(1)) {
    EXPECT_TRUE(cluster_.reads_ready.empty());
  }
  cluster_.settle();
  ASSERT_TRUE(cluster_.reads_ready.contains(1));
  EXPECT_GE(cluster_.reads_ready.at(1), Index(1));
}

TEST_F(Scenario, AnOldLeaderAnswersNoRead) {  // B30, B31
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.isolate(kA, true);
  cluster_.read(kA, 1);
  const NodeId next = next_leader(kA);
  cluster_.propose(next, "newer");
  cluster_.settle();
  cluster_.heal();
  cluster_.tick_all(30);
  EXPECT_FALSE(cluster_.reads_ready.contains(1));
  EXPECT_TRUE(cluster_.reads_failed.contains(1)) << "it is told to ask again";
}

TEST_F(Scenario, AFollowersReadIsAnsweredByTheLeader) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  cluster_.settle();
  cluster_.read(kB, 7);
  cluster_.settle();
  ASSERT_TRUE(cluster_.reads_ready.contains(7));
  EXPECT_EQ(cluster_.reads_ready.at(7), cluster_.status(kA).commit);
}

TEST_F(Scenario, LeadershipIsHandedOverWithoutLosingAProposal) {  // thesis 3.10; B16
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "before");
  cluster_.transfer(kA, kC);
  cluster_.propose(kA, "during");
  EXPECT_EQ(cluster_.refused, Commands{"during"});
  cluster_.settle();
  EXPECT_TRUE(cluster_.leads(kC));
  cluster_.propose(kC, "after");
  cluster_.tick_all(4);
  expect_everywhere({"before", "after"});
}

TEST_F(Scenario, ATransferThatGetsNowhereEnds) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.isolate(kC, true);
  cluster_.transfer(kA, kC);
  cluster_.tick_all(12);
  cluster_.propose(kA, "x");
  cluster_.settle();
  EXPECT_EQ(cluster_.applied(kA), Commands{"x"});
}

TEST_F(Scenario, CommandsSurviveACrashOfEveryMember) {  // Persist13C
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  cluster_.tick_all(4);
  for (NodeId id : cluster_.ids()) cluster_.crash(id);
  for (NodeId id : cluster_.ids()) cluster_.restart(id);
  const auto leader = cluster_.await_leader();
  ASSERT_TRUE(leader);
  cluster_.propose(*leader, "y");
  cluster_.tick_all(4);
  expect_everywhere({"x", "y"});
}

// An entry is overwritten and comes back from a later leader, while the first write of it is still under way
// (B21).
TEST_F(Scenario, AWriteVouchesForNothingThatWasReplacedAfterIt) {
  const auto entry = [](std::uint64_t term, const char* text) {
    return Entry{Index(1), Term(term), EntryType::kCommand, std::make_shared<const std::string>(text)};
  };
  Core core(
      {.self = kC, .options = quick(), .configurations = {{.members = {.voters = {kA, kB, kC}}}}, .seed = 1});
  const auto receive = [&](std::uint64_t term, Entry what, NodeId from) {
    AppendEntries append{.term = Term(term)};
    append.entries.push_back(std::move(what));
    return core.step({Received{from, std::move(append)}});
  };
  ASSERT_EQ(receive(1, entry(1, "one"), kA).persist->sequence, 1U);
  ASSERT_EQ(receive(2, entry(2, "two"), kB).persist->sequence, 2U);
  ASSERT_EQ(receive(3, entry(1, "one"), kA).persist->sequence, 3U);
  (void)core.step({Persisted{1}});
  EXPECT_EQ(core.status().durable, Index(0));
  (void)core.step({Persisted{3}});
  EXPECT_EQ(core.status().durable, Index(1));
}

TEST_F(Scenario, AppendsThatNoLeaderSendsAreIgnored) {
  Core core(
      {.self = kC, .options = quick(), .configurations = {{.members = {.voters = {kA, kB, kC}}}}, .seed = 1});
  AppendEntries gap{.term = Term(1)};
  gap.entries.push_back({Index(2), Term(1), EntryType::kNoop, nullptr});
  EXPECT_TRUE(core.step({Received{kA, gap}}).sends.empty());
  AppendEntries future{.term = Term(1)};
  future.entries.push_back({Index(1), Term(9), EntryType::kNoop, nullptr});
  EXPECT_TRUE(core.step({Received{kA, future}}).sends.empty());
  EXPECT_EQ(core.status().last.index, Index(0));
}

// Found by the simulator: after a restart the memory holds no entries, so a peer that lags is served from
// disk, where the newest entries may not have arrived yet.
TEST_F(Scenario, ALeaderReadsForAPeerOnlyWhatItsOwnDiskHolds) {
  LogView log({}, Index(3), {{Index(1), Term(1)}});
  Core core({.self = kA,
             .options = quick(),
             .configurations = {{.members = {.voters = {kA, kB}}}},
             .hard_state = {Term(1), std::nullopt},
             .log = std::move(log),
             .applied = Index(3),
             .seed = 1});
  while (core.status().role == RoleName::kFollower) (void)core.step({Tick{}});
  (void)core.step({Received{kB, VoteReply{core.status().term.next(), true, true}}});
  (void)core.step({Received{kB, VoteReply{core.status().term, false, true}}});
  ASSERT_EQ(core.status().role, RoleName::kLeader);
  // The no-op is entry 4 and not durable; the peer has nothing.
  const AppendReply nothing{.term = core.status().term, .match = Index(4), .hint = {}};
  const AppendReply less{.term = core.status().term, .match = Index(3), .hint = {}};
  Effects effects = core.step({Received{kB, nothing}, Received{kB, less}});
  ASSERT_EQ(effects.log_reads.size(), 1U);
  EXPECT_EQ(effects.log_reads[0].first, Index(1));
  EXPECT_EQ(effects.log_reads[0].last, Index(3));
}

// Thesis 4.2.2, found by random schedules (seed 1702): the members that hold the last configuration are not
// in it, and the only one that is in it does not hold it.
TEST_F(Scenario, AMemberThatIsTakenOutMayLeadUntilThatIsCommitted) {
  ASSERT_TRUE(cluster_.elect(kB));
  cluster_.tick_all(2);
  cluster_.want({.voters = {kA}, .learners = {kC}});
  // A gets the joint configuration and nothing after it; C gets the last one, in which only A votes.
  const Membership last{.voters = {kA}, .learners = {kC}};
  for (int i = 0; i < 2000 && cluster_.core(kC).membership() != last; ++i) {
    if (i % 10 == 0) cluster_.tick(kB);
    for (NodeId id : cluster_.ids()) cluster_.complete_write(id);
    for (NodeId other : {kA, kC}) {
      cluster_.deliver(other, kB);
      cluster_.deliver(kB, other);
    }
    if (cluster_.core(kA).membership().joint()) cluster_.cut(kB, kA, true);
  }
  ASSERT_EQ(cluster_.core(kC).membership(), last);
  ASSERT_TRUE(cluster_.core(kA).membership().joint());
  cluster_.crash(kB);
  cluster_.heal();
  cluster_.restart(kB);
  cluster_.tick_all(200);
  ASSERT_TRUE(cluster_.leads(kA));
  EXPECT_EQ(cluster_.core(kA).membership(), last);
}

// Found by random schedules (seed 3218): a peer's window is full of entries that were lost, and the log drops
// them before they can be sent again.
TEST_F(Scenario, EntriesThatWereLostAndAreDroppedSinceAreMadeUpForByAState) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  cluster_.tick_all(4);
  cluster_.crash(kC);
  for (int i = 0; i < 200; ++i) cluster_.propose(kA, "lost");
  cluster_.tick_all(4);
  cluster_.compact(kA, cluster_.status(kA).commit);
  cluster_.restart(kC);
  cluster_.tick_all(40);
  EXPECT_EQ(cluster_.snapshots_delivered(), 1U);
  EXPECT_EQ(cluster_.applied(kC), cluster_.applied(kA));
}

TEST_F(Scenario, ANewMemberLearnsFirstAndVotesOnceItHasCaughtUp) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.tick_all(2);
  const NodeId newcomer(4);
  cluster_.want({.voters = {kA, kB, kC, newcomer}});
  cluster_.tick_all(20);
  EXPECT_TRUE(cluster_.core(kA).membership().is_learner(newcomer))
      << "it is not there: nobody may count on it";
  cluster_.propose(kA, "x");
  cluster_.tick_all(2);
  EXPECT_EQ(cluster_.applied(kB).back(), "x");
  cluster_.add(newcomer);
  cluster_.tick_all(20);
  EXPECT_TRUE(cluster_.core(newcomer).membership().is_voter(newcomer));
  EXPECT_EQ(cluster_.applied(newcomer).back(), "x");
}

TEST_F(Scenario, AReplacedMemberVotesUntilTheNewOneCan) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.tick_all(2);
  const NodeId newcomer(4);
  cluster_.want({.voters = {kA, kB, newcomer}, .replacements = {{newcomer, kC}}});
  cluster_.tick_all(20);
  EXPECT_TRUE(cluster_.core(kA).membership().is_voter(kC));
  cluster_.add(newcomer);
  cluster_.tick_all(40);
  EXPECT_EQ(cluster_.core(kA).membership(), (Membership{.voters = {kA, kB, newcomer}}));
}

TEST_F(Scenario, ALeaderWhoseDiskStallsHandsOver) {
  ASSERT_TRUE(cluster_.elect(kA));
  cluster_.propose(kA, "x");
  cluster_.tick_all(4);
  cluster_.propose(kA, "stuck");
  for (int i = 0; i < 400 && cluster_.leads(kA); ++i) {
    for (NodeId id : cluster_.ids()) cluster_.tick(id);
    // Everyone's disk but the leader's goes on.
    for (int again = 0; again < 4; ++again) {
      for (NodeId id : {kB, kC}) {
        while (cluster_.complete_write(id)) {
        }
      }
      for (NodeId from : cluster_.ids()) {
        for (NodeId to : cluster_.ids()) {
          while (cluster_.in_flight(from, to) > 0) cluster_.deliver(from, to);
        }
      }
    }
  }
  EXPECT_FALSE(cluster_.leads(kA));
  const auto leader = cluster_.await_leader();
  ASSERT_TRUE(leader);
  EXPECT_EQ(cluster_.applied(*leader).back(), "stuck");
}

}  // namespace
}  // namespace raft
