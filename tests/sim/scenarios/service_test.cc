// The scenarios of MIT 6.5840's labs 4B and 4C, by their names: clients against clusters that have it hard.
#include "tests/sim/scenarios/scenario.h"

namespace sim {
namespace {

struct Hardship {
  std::uint32_t members = 5;
  std::uint32_t clients = 1;
  bool unreliable = false;
  bool partitions = false;
  bool restarts = false;
  bool snapshots = false;
  bool many_keys = false;
};

/// Ten rounds of a few seconds, as the labs have them; the history must be linearizable.
void endure(const Hardship& hardship) {
  for (std::uint64_t seed = 1; seed <= kScenarioSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options = calm_options(seed);
    options.members = hardship.members;
    options.load.clients = hardship.clients;
    options.load.keys = hardship.many_keys ? 20 : 3;
    if (hardship.unreliable) options.network = unreliable_network();
    if (hardship.snapshots) compact_often(options);
    Scenario s(options);
    Dice dice(seed, 99);
    s.world().clients().start();
    for (int round = 0; round < 10 && !s.world().failed(); ++round) {
      if (hardship.partitions) {
        s.world().network().mend_all();
        std::vector<bool> side(hardship.members + 1);
        for (std::uint64_t i = 1; i <= hardship.members; ++i) side[i] = dice.percent(50);
        for (std::uint64_t a = 1; a <= hardship.members; ++a) {
          for (std::uint64_t b = 1; b < a; ++b) {
            if (side[a] != side[b]) s.world().network().cut_both(raft::NodeId(a), raft::NodeId(b));
          }
        }
      }
      s.world().run_for(2 * kSecond);
      if (hardship.restarts) {
        s.crash_all();
        s.elections(1);
        s.start_all();
      }
    }
    if (!s.world().failed()) s.expect_agreement();
    ASSERT_FALSE(s.world().failed()) << s.world().failure();
    EXPECT_GT(s.world().clients().history().size(), 20U);
  }
}

TEST(Service, TestBasic4B) {
  endure({.clients = 1});
}
TEST(Service, TestConcurrentClients) {
  endure({.clients = 5});
}
TEST(Service, TestUnreliable4B) {
  endure({.clients = 5, .unreliable = true});
}
TEST(Service, TestManyPartitionsOneClient4B) {
  endure({.clients = 1, .partitions = true});
}
TEST(Service, TestManyPartitionsManyClients4B) {
  endure({.clients = 5, .partitions = true});
}
TEST(Service, TestPersistOneClient4B) {
  endure({.clients = 1, .restarts = true});
}
TEST(Service, TestPersistConcurrent4B) {
  endure({.clients = 5, .restarts = true});
}
TEST(Service, TestPersistConcurrentUnreliable4B) {
  endure({.clients = 5, .unreliable = true, .restarts = true});
}
TEST(Service, TestPersistPartition4B) {
  endure({.clients = 5, .partitions = true, .restarts = true});
}
TEST(Service, TestPersistPartitionUnreliable4B) {
  endure({.clients = 5, .unreliable = true, .partitions = true, .restarts = true});
}
TEST(Service, TestPersistPartitionUnreliableLinearizable4B) {
  endure({.members = 7,
          .clients = 15,
          .unreliable = true,
          .partitions = true,
          .restarts = true,
          .many_keys = true});
}
TEST(Service, TestSnapshotRecover4C) {
  endure({.clients = 1, .restarts = true, .snapshots = true});
}
TEST(Service, TestSnapshotRecoverManyClients4C) {
  endure({.clients = 20, .restarts = true, .snapshots = true});
}
TEST(Service, TestSnapshotUnreliable4C) {
  endure({.clients = 5, .unreliable = true, .snapshots = true});
}
TEST(Service, TestSnapshotUnreliableRecover4C) {
  endure({.clients = 5, .unreliable = true, .restarts = true, .snapshots = true});
}
TEST(Service, TestSnapshotUnreliableRecoverConcurrentPartition4C) {
  endure({.clients = 5, .unreliable = true, .partitions = true, .restarts = true, .snapshots = true});
}
TEST(Service, TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable4C) {
  endure({.members = 7,
          .clients = 15,
          .unreliable = true,
          .partitions = true,
          .restarts = true,
          .snapshots = true,
          .many_keys = true});
}

TEST(Service, TestOnePartition4B) {
  for_seeds(5, [](Scenario& s) {
    const raft::NodeId first = s.leader().self();
    const raft::NodeId other(first.value() % 5 + 1);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      const raft::NodeId id(i);
      if (id == first || id == other) continue;
      s.world().network().cut_both(first, id);
      s.world().network().cut_both(other, id);
    }
    s.put(s.leader(first), 3);
    s.put_in_vain(*s.world().node(other));
  });
}

}  // namespace
}  // namespace sim
