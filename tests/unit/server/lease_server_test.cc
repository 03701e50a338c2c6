#include <gtest/gtest.h>

#include "libkv/server/replica_server.h"
#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using testing::TestMember;

class LeaseServer : public testing::Members {
 protected:
  TestMember& follower() {
    TestMember& leads = leader();
    return *members_[&leads == members_[0].get() ? 1 : 0];
  }
  static void grant(TestMember& at, std::int64_t lease, std::int64_t ttl) {
    const auto granted = at.write(LeaseGrantOp{.lease = lease, .ttl = ttl});
    ASSERT_TRUE(granted && granted->result);
  }
};

TEST_F(LeaseServer, EveryMemberAnswersForTheLeader) {
  start(3);
  grant(follower(), 7, 60);
  for (auto& member : members_) {
    EXPECT_EQ(member->ask(&KvServer::keep_alive, 7), (LeaseAnswer{60, 60}));
    const auto left = member->ask(&KvServer::time_to_live, 7);
    ASSERT_TRUE(left);
    EXPECT_NEAR(static_cast<double>(left->ttl), 50, 10);
    EXPECT_EQ(left->granted, 60);
    EXPECT_EQ(member->ask(&KvServer::keep_alive, 8), (LeaseAnswer{0, 0}));
    EXPECT_EQ(member->ask(&KvServer::time_to_live, 8), (LeaseAnswer{-1, 0}));
  }
}

TEST_F(LeaseServer, ALeaseThatRunsOutTakesItsKeysAlong) {
  start(3);
  TestMember& asked = follower();
  grant(asked, 7, 1);
  ASSERT_TRUE(asked.write(PutOp{.key = "k", .value = "v", .lease = 7}));
  const auto deadline = std::chrono::steady_clock::now() + testing::kPatience;
  while (asked.get("k") != "nothing" && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(asked.get("k"), "nothing");
  EXPECT_EQ(asked.ask(&KvServer::keep_alive, 7), (LeaseAnswer{0, 0}));
  std::uint64_t expired = 0;
  for (auto& member : members_) expired += member->server->lease_counts().expired;
  EXPECT_EQ(expired, 1U);
}

TEST_F(LeaseServer, LeasesOutliveALeader) {
  start(3);
  TestMember& first = leader();
  grant(first, 7, 30);
  const raft::NodeId next = follower().self();
  ASSERT_EQ(first.move_leader(next), std::nullopt);
  EXPECT_EQ(first.ask(&KvServer::keep_alive, 7), (LeaseAnswer{30, 30}));
  EXPECT_EQ(first.server->lease_ids(), std::vector<std::int64_t>{7});
}

TEST_F(LeaseServer, WithoutALeaderTheQuestionTimesOut) {
  start(3);
  leader();
  for (auto& member : members_) {
    member->stop();
    member->options_.request_timeout = std::chrono::milliseconds(200);
  }
  members_[0]->start();
  const auto answer = members_[0]->ask(&KvServer::keep_alive, 7);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), ServerError::kNoLeader);
}

}  // namespace
}  // namespace kv
