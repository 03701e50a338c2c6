#include <gtest/gtest.h>

#include "libkv/server/promotion_note.h"
#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using testing::kPatience;
using testing::TestMember;

TEST(PromotionNote, TheWorkedExampleOfTheFormatIsTrueAndNothingElseIsRead) {
  const auto whole = [](const PromotionNote& note) {
    return encode_note({.kind = NoteKind::kPromotion,
                        .answer = note.answer.has_value(),
                        .body = encode_promotion_note(note)});
  };
  const auto read = [](const std::string& bytes) { return decode_promotion_note(*decode_note(bytes)); };
  PromotionNote note{.ticket = 3, .learner = raft::NodeId(9)};
  EXPECT_EQ(whole(note), std::string("\x01\x04\x03\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0", 18));
  EXPECT_EQ(read(whole(note)), note);
  note.answer = PromotionWord::kNotInSync;
  const std::string bytes = whole(note);
  EXPECT_EQ(bytes, std::string("\x01\x84\x03\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x01", 19));
  EXPECT_EQ(read(bytes), note);
  for (std::size_t size = 2; size < bytes.size(); ++size) {
    EXPECT_FALSE(read(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(read(bytes + "x"));
  EXPECT_FALSE(read(bytes.substr(0, 18) + "\x03"));
}

/// Three members and learner 4, which is not there at first.
class Promotion : public testing::Members {
 protected:
  void start_with_learner() {
    for (std::uint64_t id = 1; id <= 4; ++id) {
      members_.push_back(std::make_unique<TestMember>(network_, id, 4));
      auto& table = members_.back()->members_;
      table[3].learner = true;
      for (MemberInfo& member : table) member.name = "m" + std::to_string(member.id.value());
    }
    for (std::size_t i = 0; i < 3; ++i) members_[i]->start();
  }
  TestMember& follower() {
    leader();
    return members_[0]->leads() ? *members_[1] : *members_[0];
  }
  static ServerError error_of(const testing::WriteAnswer& answer) {
    EXPECT_FALSE(answer);
    return answer ? ServerError::kStopped : answer.error().error;
  }
};

TEST_F(Promotion, AFollowerAsksTheLeaderWhetherTheLearnerIsInSync) {
  start_with_learner();
  ASSERT_TRUE(leader().write(PutOp{.key = "k", .value = "v"}));
  EXPECT_EQ(error_of(follower().change(PromoteMemberOp{raft::NodeId(4)})), ServerError::kLearnerNotReady);
  EXPECT_EQ(error_of(leader().change(PromoteMemberOp{raft::NodeId(4)})), ServerError::kLearnerNotReady);
  members_[3]->start();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  auto promoted = follower().change(PromoteMemberOp{raft::NodeId(4)});
  while (!promoted && std::chrono::steady_clock::now() < until) {
    EXPECT_EQ(promoted.error().error, ServerError::kLearnerNotReady);
    promoted = follower().change(PromoteMemberOp{raft::NodeId(4)});
  }
  ASSERT_TRUE(promoted && promoted->result);
  EXPECT_FALSE(std::get<MembersResult>(*promoted->result).member.learner);
}

TEST_F(Promotion, AskedAtAFollowerTheTableRefusesAVoterAndWhoIsNoMember) {
  start_with_learner();
  EXPECT_EQ(follower().change(PromoteMemberOp{raft::NodeId(1)})->result.error(), KvError::kNotLearner);
  EXPECT_EQ(follower().change(PromoteMemberOp{raft::NodeId(77)})->result.error(), KvError::kMemberNotFound);
}

TEST_F(Promotion, WithoutALeaderItIsNotDecided) {
  start_with_learner();
  leader();
  for (auto& member : members_) {
    member->stop();
    member->options_.request_timeout = std::chrono::milliseconds(200);
  }
  members_[0]->start();
  EXPECT_EQ(error_of(members_[0]->change(PromoteMemberOp{raft::NodeId(4)})), ServerError::kNoLeader);
}

}  // namespace
}  // namespace kv
