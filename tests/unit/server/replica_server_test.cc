#include "libkv/server/replica_server.h"

#include <gtest/gtest.h>

#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using namespace std::chrono_literals;
using testing::kPatience;
using testing::TestMember;
using testing::WriteAnswer;

class ReplicaServerTest : public testing::Members {};

TEST_F(ReplicaServerTest, AWriteIsSeenByTheNextLinearizableReadOfEveryMember) {
  start(3);
  leader();
  for (int i = 0; i < 20; ++i) {
    TestMember& writer = *members_[static_cast<std::size_t>(i) % 3];
    const auto written = writer.write(PutOp{.key = "k", .value = std::to_string(i)});
    ASSERT_TRUE(written && written->result);
    EXPECT_EQ(written->revision, i + 2);
    for (auto& member : members_) EXPECT_EQ(member->get("k"), std::to_string(i));
  }
}

TEST_F(ReplicaServerTest, StateSurvivesARestartOfEveryMember) {
  start(3);
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "kept"}));
  for (auto& member : members_) member->stop();
  for (auto& member : members_) member->start();
  EXPECT_EQ(leader().get("k"), "kept");
}

TEST_F(ReplicaServerTest, AWriteWithoutAQuorumTimesOutAndSaysThatItMayStillBeApplied) {
  start(3);
  for (auto& member : members_) {
    member->stop();
    member->options_.request_timeout = 200ms;
  }
  members_[0]->start();
  const auto written = members_[0]->write(PutOp{.key = "k", .value = "v"});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().error, ServerError::kTimeoutConnectionLost);
  EXPECT_EQ(written.error().stage, Stage::kProposed);
  const auto read = members_[0]->read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().error, ServerError::kTimeoutConnectionLost);
}

TEST_F(ReplicaServerTest, ACommandOverTheLimitIsRefusedBeforeItIsProposed) {
  start(1);
  members_[0]->stop();
  members_[0]->options_.request_bytes_max = 100;
  members_[0]->start();
  const auto written = members_[0]->write(PutOp{.key = "k", .value = std::string(100, 'v')});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().error, ServerError::kTooLarge);
  EXPECT_EQ(written.error().stage, Stage::kQueued);
}

TEST_F(ReplicaServerTest, ALeaderHandsOver) {
  start(3);
  TestMember& first = leader();
  first.server->hand_over(std::chrono::milliseconds(kPatience));
  EXPECT_NE(first.server->status().leader, first.self());
}

TEST_F(ReplicaServerTest, RequestsAfterADiskFailureAreAnsweredStopped) {
  start(1);
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "v"}));
  members_[0]->log.fail_appends();
  const auto lost = members_[0]->write(PutOp{.key = "k", .value = "w"});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().error, ServerError::kStopped);
  EXPECT_TRUE(members_[0]->failed);
  const auto after = members_[0]->read();
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().error, ServerError::kStopped);
}

TEST_F(ReplicaServerTest, MembersTellTheirNamesThroughTheLog) {
  start(1);
  ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(1), "one", {"http://127.0.0.1:1"}}));
  ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(9), "nine", {}}));
  const auto listed = members_[0]->server->members();
  ASSERT_EQ(listed.size(), 1U) << "one that is not in the cluster is not listed";
  EXPECT_EQ(listed[0].name, "one");
}

AddMemberOp adding(std::uint64_t id, bool learner = false) {
  return {
      .member = {.id = raft::NodeId(id), .peer_urls = {"http://h" + std::to_string(id)}, .learner = learner}};
}

TEST_F(ReplicaServerTest, ChangesOfMembersAreCheckedBeforeTheyAreProposed) {
  start(1);
  TestMember& member = leader();
  ASSERT_TRUE(member.write(PublishMemberOp{raft::NodeId(1), "one", {}}));
  EXPECT_EQ(member.change(RemoveMemberOp{raft::NodeId(1)}).error().error, ServerError::kNotEnoughStarted);
  const WriteAnswer added = member.change(adding(2, true));
  ASSERT_TRUE(added && added->result);
  EXPECT_EQ(std::get<MembersResult>(*added->result).members.size(), 2U);
  EXPECT_EQ(member.change(PromoteMemberOp{raft::NodeId(2)}).error().error, ServerError::kLearnerNotReady);
  EXPECT_EQ(member.change(PromoteMemberOp{raft::NodeId(1)})->result.error(), KvError::kNotLearner);
  ASSERT_TRUE(member.change(RemoveMemberOp{raft::NodeId(2)})->result);
  EXPECT_EQ(member.change(adding(2, true))->result.error(), KvError::kMemberNotFound);
}

TEST_F(ReplicaServerTest, LeadershipMovesToTheVoterThatIsNamed) {
  start(3);
  TestMember& first = leader();
  const auto other = std::ranges::find_if(members_, [](const auto& member) { return !member->leads(); });
  const raft::NodeId target = (*other)->self();
  EXPECT_EQ(first.move_leader(first.self()), std::nullopt);
  EXPECT_EQ(first.move_leader(raft::NodeId(9)), ServerError::kBadTransferee);
  EXPECT_EQ((*other)->move_leader(first.self()), ServerError::kNotLeader);
  EXPECT_EQ(first.move_leader(target), std::nullopt);
  EXPECT_EQ(first.server->status().leader, target);
}

/// One that follows is told by the transport: whoever leads forgets it before this is committed.
TEST_F(ReplicaServerTest, ALeaderThatIsRemovedLearnsOfItWhenTheOthersGoOnWithoutIt) {
  start(3);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE(leader().write(PublishMemberOp{raft::NodeId(id), "n", {}}));
  }
  TestMember& leaving = leader();
  ASSERT_TRUE(leaving.write(RemoveMemberOp{leaving.self()}));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!leaving.server->removed() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(leaving.server->removed());
  while (leaving.leads() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  TestMember& staying = leader();
  EXPECT_FALSE(staying.server->removed());
  EXPECT_TRUE(staying.write(PutOp{.key = "k", .value = "v"})) << "two go on";
}

}  // namespace
}  // namespace kv
