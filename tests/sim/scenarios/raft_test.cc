// The scenarios of MIT 6.5840's Raft labs (3A to 3D), by their names.
#include "tests/sim/scenarios/scenario.h"

namespace sim {
namespace {

using raft::NodeId;

TEST(Raft, TestInitialElection3A) {
  for_seeds(3, [](Scenario& s) {
    const raft::Term term = s.leader().status().term;
    s.elections(4);
    EXPECT_EQ(s.leader().status().term, term);
    for (const Node* node : s.world().running()) EXPECT_EQ(node->status().term, term);
  });
}

TEST(Raft, TestReElection3A) {
  for_seeds(3, [](Scenario& s) {
    const NodeId first = s.leader().self();
    s.world().isolate(first);
    const NodeId second = s.leader(first).self();
    s.world().rejoin(first);
    s.elections(3);
    EXPECT_EQ(s.leader().self(), second);
    s.world().isolate(second);
    s.world().isolate(first);
    s.elections(5);
    for (const Node* node : s.world().running()) EXPECT_NE(node->status().role, raft::RoleName::kLeader);
    s.world().rejoin(first);
    s.leader();
  });
}

TEST(Raft, TestManyElections3A) {
  for_seeds(7, [](Scenario& s) {
    Dice dice(s.world().options().seed, 77);
    for (int round = 0; round < 10; ++round) {
      s.world().network().mend_all();
      for (int i = 0; i < 3; ++i) s.world().isolate(NodeId(dice.between(1, 7)));
      s.elections(2);
    }
  });
}

TEST(Raft, TestBasicAgree) {
  for_seeds(5, [](Scenario& s) {
    s.agree();
    for (int i = 0; i < 3; ++i) {
      const raft::Index before = s.leader().status().commit;
      s.elections(1);
      EXPECT_EQ(s.leader().status().commit, before);  // nothing is committed before it is submitted
      s.agree();
      EXPECT_EQ(s.leader().status().commit, before.next());
    }
  });
}

TEST(Raft, TestRPCBytes3B) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const std::uint64_t before = s.world().network().messages_sent();
    s.agree(10);
    // Each entry goes once to each peer; the rest is answers, commit indices and heartbeats.
    EXPECT_LE(s.world().network().messages_sent() - before, 10U * 2U * 4U + 40U);
  });
}

TEST(Raft, TestFollowerFailure3B) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    s.world().isolate(s.follower().self());
    s.agree(2);
    for (const Node* node : s.world().running()) {
      if (node->self() != s.leader().self()) s.world().isolate(node->self());
    }
    s.put_in_vain(*s.world().nodes().front());
  });
}

TEST(Raft, TestLeaderFailure3B) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const NodeId first = s.leader().self();
    s.world().isolate(first);
    s.put(s.leader(first), 2);
    s.world().isolate(s.leader(first).self());
    for (Node* node : s.world().running()) s.put_in_vain(*node);
  });
}

TEST(Raft, TestFailAgree3B) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const NodeId away = s.follower().self();
    s.world().isolate(away);
    s.agree(4);
    s.world().rejoin(away);
    s.elections(2);
    s.agree(2);
  });
}

TEST(Raft, TestFailNoAgree3B) {
  for_seeds(5, [](Scenario& s) {
    s.agree();
    Node& leader = s.leader();
    int cut = 0;
    for (const Node* node : s.world().running()) {
      if (node->self() != leader.self() && cut++ < 3) s.world().isolate(node->self());
    }
    s.put_in_vain(leader);
    s.world().network().mend_all();
    s.agree();
  });
}

TEST(Raft, TestConcurrentStarts3B) {
  for_seeds(3, [](Scenario& s) {
    Node& leader = s.leader();
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 5; ++i) numbers.push_back(s.world().clients().put(leader, 5 * kSecond));
    s.elections(3);
    for (const std::uint64_t number : numbers) EXPECT_TRUE(s.world().clients().done(number));
  });
}

TEST(Raft, TestRejoin3B) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    Node& first = s.leader();
    s.world().isolate(first.self());
    s.put_and_forget(first, 3);
    Node& second = s.leader(first.self());
    s.put(second);
    s.world().isolate(second.self());
    s.world().rejoin(first.self());
    s.elections(4);
    s.agree();
    s.world().rejoin(second.self());
    s.agree();
  });
}

TEST(Raft, TestBackup3B) {
  for_seeds(5, [](Scenario& s) {
    s.agree();
    for (int round = 0; round < 3; ++round) {
      const NodeId first = s.leader().self();
      std::vector<NodeId> minority = {first, NodeId(first.value() % 5 + 1)};
      for (const NodeId a : minority) {
        for (const Node* other : s.world().nodes()) {
          if (std::ranges::find(minority, other->self()) == minority.end())
            s.world().network().cut_both(a, other->self());
        }
      }
      s.put_and_forget(*s.world().node(first), 50);
      s.put(s.leader(first), 20);
      s.world().network().mend_all();
      s.elections(2);
    }
  });
}

TEST(Raft, TestPersist3C) {
  for_seeds(5, [](Scenario& s) {
    s.agree();
    s.crash_all();
    s.start_all();
    s.agree();
    for (int round = 0; round < 5; ++round) {
      Node& leader = s.leader();
      Node& other = s.follower();
      s.crash(leader);
      s.crash(other);
      s.agree();
      s.world().restart(other);
      s.world().restart(leader);
      s.agree();
    }
  });
}

TEST(Raft, TestFigure83C) {
  for_seeds(5, [](Scenario& s) {
    Dice dice(s.world().options().seed, 88);
    for (int round = 0; round < 100; ++round) {
      if (Node* leader = s.world().leader()) {
        s.put_and_forget(*leader, 1);
        s.world().run_for(dice.below(dice.percent(10) ? kSecond : 15 * kMillisecond));
        if (leader->running()) s.crash(*leader);
      } else {
        s.elections(1);
      }
      std::vector<Node*> all = s.world().nodes();
      while (s.world().running().size() < 3) s.world().restart(*dice.pick(all));
    }
  });
}

TEST(Raft, TestUnreliableAgree3C) {
  for_seeds(
      5,
      [](Scenario& s) {
        for (int i = 0; i < 20; ++i) {
          s.put_and_forget(s.leader(), 4);
          s.agree();
        }
      },
      true);
}

TEST(Raft, TestSnapshotBasic3D) {
  for_seeds(
      3,
      [](Scenario& s) {
        s.agree(60);
        for (const Node* node : s.world().running()) {
          const raft::CoreStatus status = node->status();
          EXPECT_LE(status.last.index - status.base, 40U);
        }
      },
      false, true);
}

void miss_the_log(Scenario& s, bool crashing) {
  for (int round = 0; round < 6; ++round) {
    Node& away = s.follower();
    if (crashing) {
      s.crash(away);
    } else {
      s.world().isolate(away.self());
    }
    s.agree(30);
    const raft::Index base = s.leader().status().base;
    if (crashing) {
      s.world().restart(away);
    } else {
      s.world().rejoin(away.self());
    }
    s.agree();
    s.world().run_until(60 * kSecond,
                        [&] { return away.running() && away.machine().applied().index >= base; });
    EXPECT_GE(away.machine().applied().index, base);
  }
}

TEST(Raft, TestSnapshotInstall) {
  for_seeds(3, [](Scenario& s) { miss_the_log(s, false); }, false, true);
}

TEST(Raft, TestSnapshotInstallUnreliable3D) {
  for_seeds(3, [](Scenario& s) { miss_the_log(s, false); }, true, true);
}

TEST(Raft, TestSnapshotInstallCrash3D) {
  for_seeds(3, [](Scenario& s) { miss_the_log(s, true); }, false, true);
}

TEST(Raft, TestSnapshotInstallUnCrash3D) {
  for_seeds(3, [](Scenario& s) { miss_the_log(s, true); }, true, true);
}

TEST(Raft, TestSnapshotAllCrash3D) {
  for_seeds(
      3,
      [](Scenario& s) {
        for (int round = 0; round < 4; ++round) {
          s.agree(15);
          const raft::Index commit = s.leader().status().commit;
          s.crash_all();
          s.start_all();
          s.agree();
          EXPECT_GT(s.leader().status().commit, commit);
        }
      },
      false, true);
}

}  // namespace
}  // namespace sim
