// Bugs that other systems had, played on this one. B numbers: the catalogue (tests/sim/README.md maps it).
#include <algorithm>

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

/// What a member refuses depends on what it applied, never on how it came to it: by entries, by a state that
/// it was sent, or by a restart. KvChecks holds every outcome of every member against the others'.
TEST(Bugs, B74MembersThatWereSentAStateRefuseWhatTheOthersRefuse) {
  for_seeds(
      3,
      [](Scenario& s) {
        AuthClients& auth = s.world().auth_clients();
        const auto as_root = [&](const kv::Operation& operation) {
          Node& leader = s.leader();
          auth.propose(leader, operation, leader.as("root"));
          s.agree();
        };
        auth.found(s.leader());
        s.agree();
        as_root(kv::UserAddOp{.name = "u", .password_hash = "h"});
        as_root(kv::RoleAddOp{"r"});
        as_root(kv::UserGrantRoleOp{.user = "u", .role = "r"});
        const kv::Permission both{
            .type = kv::PermissionType::kReadWrite, .key = "auth/", .range_end = "auth0"};
        as_root(kv::RoleGrantPermissionOp{.role = "r", .permission = both});
        const kv::PutOp put{.key = "auth/1", .value = "v"};
        const auto before = s.leader().as("u");
        const auto write_everywhere = [&] {
          for (Node* node : s.world().running()) {
            auth.propose(*node, put, before);
            auth.propose(*node, put, node->as("u"));
          }
          s.agree();
        };
        write_everywhere();
        Node& behind = s.follower();
        s.world().isolate(behind.self());
        as_root(kv::RoleRevokePermissionOp{.role = "r", .key = both.key, .range_end = both.range_end});
        s.agree(20);
        const std::uint64_t installed = s.world().coverage().of(Sometimes::kSnapshotInstalled);
        s.world().rejoin(behind.self());
        s.world().run_until(
            60 * kSecond, [&] { return s.world().coverage().of(Sometimes::kSnapshotInstalled) > installed; });
        EXPECT_GT(s.world().coverage().of(Sometimes::kSnapshotInstalled), installed);
        write_everywhere();
        s.crash(behind);
        s.start_all();
        write_everywhere();
        s.crash_all();
        s.start_all();
        write_everywhere();
        EXPECT_GT(s.world().coverage().of(Sometimes::kUserDenied), 0U);
        EXPECT_GT(s.world().coverage().of(Sometimes::kUserOvertaken), 0U);
      },
      false, true);
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

TEST(Bugs, B49TwoLeadersThatAddTheSameMemberAddItOnce) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const NodeId id = s.world().next_id();
    kv::AddMemberOp add;
    add.member = {.id = id, .peer_urls = {"http://n" + std::to_string(id.value())}, .learner = true};
    add.member.promote_when_caught_up = true;
    add.learners_max = 2;
    Node& first = s.leader();
    const NodeId old = first.self();
    s.world().isolate(old);
    // Into the old leader's log only, for it to be replaced there.
    s.world().clients().write(first, add, 5 * kSecond);
    Node& second = s.leader(old);
    s.world().clients().write(second, add, 5 * kSecond);
    s.put(second);
    s.world().rejoin(old);
    s.world().clients().write(s.leader(), add, 5 * kSecond);  // refused: it is a member now
    s.world().join(id);
    s.agree(2);
    const auto members = s.leader().machine().members();
    EXPECT_EQ(std::ranges::count(members, id, &kv::MemberInfo::id), 1);
    EXPECT_EQ(members.size(), 4U);
  });
}

TEST(Bugs, B103EveryAdministrativeCommandIsFollowedByAPowerCut) {
  for_seeds(3, [](Scenario& s) {
    s.agree();
    const kv::Alarm alarm{.member = NodeId(1), .type = kv::AlarmType::kNoSpace};
    const std::vector<kv::Operation> commands = {
        kv::PublishMemberOp{.member = NodeId(1), .name = "a", .client_urls = {"http://c1"}},
        kv::UpdateMemberOp{.member = NodeId(2), .peer_urls = {"http://moved"}},
        kv::AlarmOp{.deactivate = true, .alarm = alarm},
        kv::AlarmOp{.deactivate = false, .alarm = alarm},
        kv::AlarmOp{.deactivate = true, .alarm = alarm},
        kv::LeaseGrantOp{.lease = 7, .ttl = 1000},
        kv::CompactOp{.revision = 2},
        kv::LeaseRevokeOp{.lease = 7},
    };
    for (const kv::Operation& command : commands) {
      s.world().clients().write(s.leader(), command, 5 * kSecond);
      s.elections(1);
      s.crash_all();
      s.start_all();
      static_cast<void>(s.leader());
    }
    s.agree();
    const kv::Machine& machine = s.leader().machine();
    EXPECT_EQ(machine.members()[0].name, "a");
    EXPECT_EQ(machine.members()[1].peer_urls, std::vector<std::string>{"http://moved"});
    EXPECT_TRUE(machine.alarms().empty());
    EXPECT_EQ(machine.view().compacted_revision(), 2);
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
