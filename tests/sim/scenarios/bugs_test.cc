// Bugs that other systems had, played on this one. B numbers: the catalogue (tests/sim/README.md maps it).
#include "tests/sim/scenarios/scenario.h"

namespace sim {
namespace {

using raft::NodeId;

/// A newcomer that learns first and then votes; its process runs from now on.
NodeId add_member(Scenario& s) {
  const NodeId id = s.world().next_id();
  kv::AddMemberOp add;
  add.member = {.id = id, .peer_urls = {"http://n" + std::to_string(id.value())}, .learner = true};
  add.member.promote_when_caught_up = true;
  add.learners_max = 2;
  s.world().clients().write(s.leader(), add, 5 * kSecond);
  s.world().join(id);
  return id;
}

TEST(Bugs, B5AMemberOfALowTermCanBeHelpedAndHelps) {
  for_seeds(3, [](Scenario& s) {
    const NodeId low = s.follower().self();
    s.world().isolate(low);
    // Terms pass without it.
    for (int i = 0; i < 3; ++i) {
      Node& leader = s.leader();
      s.crash(leader);
      s.elections(1);
      s.start_all();
      s.agree();
    }
    s.world().rejoin(low);
    s.crash(s.leader());
    s.agree(2);
  });
}

TEST(Bugs, B8AMemberThatComesAndGoesDoesNotDisturb) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const NodeId leader = s.leader().self();
    const raft::Term term = s.leader().status().term;
    const NodeId flapping = s.follower().self();
    for (int i = 0; i < 100; ++i) {
      s.world().isolate(flapping);
      s.world().run_for(s.world().options().election() * 2);
      s.world().rejoin(flapping);
      s.world().run_for(s.world().options().election() / 2);
    }
    EXPECT_EQ(s.leader().self(), leader);
    EXPECT_EQ(s.leader().status().term, term);
  });
}

TEST(Bugs, B9TwoMembersThatReachOnlyOneOtherEachDoNotUnseatTheLeader) {
  for_seeds(5, [](Scenario& s) {
    const auto reaches_only = [&s](std::uint64_t lonely, std::uint64_t other) {
      for (std::uint64_t id = 1; id <= 5; ++id) {
        if (id != lonely && id != other) s.world().network().cut_both(NodeId(lonely), NodeId(id));
      }
    };
    reaches_only(4, 2);
    reaches_only(5, 3);
    s.elections(10);
    s.agree(3);
    const NodeId leader = s.leader().self();
    const raft::Term term = s.leader().status().term;
    s.elections(50);
    s.agree(3);
    EXPECT_EQ(s.leader().self(), leader);
    EXPECT_EQ(s.leader().status().term, term);
  });
}

TEST(Bugs, B13AFollowerWhoseDiskIsSlowerThanAnElectionDoesNotCampaign) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const raft::Term term = s.leader().status().term;
    Node& slow = s.follower();
    for (int i = 0; i < 5; ++i) {
      slow.stall_disk(s.world().now() + 3 * s.world().options().election());
      s.agree(2);
      s.elections(4);
    }
    EXPECT_EQ(s.leader().status().term, term);
  });
}

TEST(Bugs, B38ANewVoterVotesBeforeItKnowsThatItMay) {
  for_seeds(3, [](Scenario& s) {
    s.agree(3);
    const NodeId added = add_member(s);
    Scenario* const scenario = &s;
    const bool votes = s.world().run_until(60 * s.world().options().election(), [scenario, added] {
      const Node* leader = scenario->world().leader();
      return leader != nullptr && leader->membership().is_voter(added) && !leader->membership().joint();
    });
    if (!votes) return s.world().fail("the newcomer does not become a voter");
    // Three of four are left and all of them are needed, the newcomer too.
    s.crash(s.leader());
    s.agree(2);
  });
}

TEST(Bugs, B46WhoeverLeadsNextLeavesTheJointConfiguration) {
  for_seeds(3, [](Scenario& s) {
    s.agree(3);
    add_member(s);
    Scenario* const scenario = &s;
    const bool joint = s.world().run_until(60 * s.world().options().election(), [scenario] {
      const Node* leader = scenario->world().leader();
      return leader != nullptr && leader->membership().joint();
    });
    if (!joint) return s.world().fail("no joint configuration is entered");
    const NodeId first = s.leader().self();
    s.crash(*s.world().node(first));
    s.put(s.leader(first), 2);
    s.start_all();  // that nothing stays joint is for expect_agreement to see
  });
}

TEST(Bugs, B67AReceiverOfAStateMayBeKilledAtEachOfItsPieces) {
  for_seeds(
      3,
      [](Scenario& s) {
        s.agree(3);
        const NodeId late = s.follower().self();
        s.world().isolate(late);
        s.agree(40);  // the log is cut behind it
        s.world().rejoin(late);
        Scenario* const scenario = &s;
        int killed = 0;
        for (Micros pause = 0; killed < 25; pause += 2 * kMillisecond, ++killed) {
          const auto receives = [scenario, late] {
            const Node& node = *scenario->world().node(late);
            return node.running() && node.receives_state();
          };
          if (!s.world().run_until(20 * s.world().options().election(), receives)) break;
          s.world().run_for(pause);
          if (!s.world().node(late)->running()) break;
          s.crash(*s.world().node(late));
          s.world().run_for(s.world().options().election());
          s.world().restart(*s.world().node(late));
        }
        EXPECT_GT(killed, 0);
      },
      false, true);
}

}  // namespace
}  // namespace sim
