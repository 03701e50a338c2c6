// Election priority: members 2 and 5 would rather lead than 1 and 4, these than 3 (SimOptions::priorities).
#include "tests/sim/scenarios/scenario.h"

namespace sim {
namespace {

using raft::NodeId;

template <class Script>
void for_preferences(Script script) {
  for (std::uint64_t seed = 1; seed <= kScenarioSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options = calm_options(seed);
    options.members = 5;
    options.priorities = true;
    Scenario scenario(options);
    script(scenario);
    if (!scenario.world().failed()) scenario.expect_agreement();
    ASSERT_FALSE(scenario.world().failed()) << scenario.world().failure();
  }
}

bool is_preferred(NodeId id) {
  return id == NodeId(2) || id == NodeId(5);
}

TEST(Priority, LeadershipGoesToWhoIsPreferredAndStaysThere) {
  for_preferences([](Scenario& s) {
    s.agree(3);
    s.elections(8);
    const NodeId first = s.leader().self();
    const raft::Term term = s.leader().status().term;
    EXPECT_TRUE(is_preferred(first)) << first.value();
    s.agree(3);
    s.elections(200);
    EXPECT_EQ(s.leader().self(), first);
    EXPECT_EQ(s.leader().status().term, term);
  });
}

TEST(Priority, TheNextInLineTakesOverAndGivesBack) {
  for_preferences([](Scenario& s) {
    s.elections(8);
    s.crash(*s.world().node(NodeId(2)));
    s.crash(*s.world().node(NodeId(5)));
    s.elections(8);
    const NodeId second = s.leader().self();
    EXPECT_TRUE(second == NodeId(1) || second == NodeId(4)) << second.value();
    s.agree(2);
    s.start_all();
    s.elections(12);
    EXPECT_TRUE(is_preferred(s.leader().self()));
  });
}

TEST(Priority, WhoIsPreferredAndCutOffCausesNoElections) {
  for_preferences([](Scenario& s) {
    s.world().isolate(NodeId(2));
    s.crash(*s.world().node(NodeId(5)));
    s.elections(12);
    const NodeId first = s.leader().self();
    const raft::Term term = s.leader().status().term;
    // It is heard, and hears nobody.
    for (const NodeId other : {NodeId(1), NodeId(3), NodeId(4)}) s.world().network().mend(NodeId(2), other);
    for (const NodeId other : {NodeId(1), NodeId(3), NodeId(4)}) s.world().network().cut(other, NodeId(2));
    s.agree(3);
    s.elections(50);
    EXPECT_EQ(s.leader().self(), first);
    EXPECT_EQ(s.leader().status().term, term);
  });
}

}  // namespace
}  // namespace sim
