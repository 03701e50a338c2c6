#include "libkv/server/peer_book.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using raft::NodeId;

MemberInfo member(std::uint64_t id, bool learner = false) {
  return {.id = NodeId(id), .peer_urls = {"http://h" + std::to_string(id)}, .learner = learner};
}

class PeerBookTest : public ::testing::Test {
 protected:
  PeerBook book_{NodeId(1), [this](const std::vector<MemberInfo>& peers) {
                   ++told_;
                   peers_ = peers;
                 }};
  std::vector<MemberInfo> peers_;
  int told_ = 0;
};

TEST_F(PeerBookTest, TellsTheTableOnceForEachChange) {
  book_.read({.members = {member(1), member(2)}, .configuration = {}, .removed = false});
  book_.read({.members = {member(1), member(2)}, .configuration = {}, .removed = false});
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(peers_, (std::vector<MemberInfo>{member(1), member(2)}));
  MemberInfo moved = member(2);
  moved.peer_urls = {"http://elsewhere"};
  book_.read({.members = {member(1), moved}, .configuration = {}, .removed = false});
  EXPECT_EQ(peers_[1], moved);
}

TEST_F(PeerBookTest, WhoLeavesTheTableStaysAPeerWhileTheReplicaCountsWithIt) {
  book_.read({.members = {member(1), member(2), member(3)}, .configuration = {}, .removed = false});
  book_.configured({.voters = {NodeId(1), NodeId(2), NodeId(3)}, .outgoing = {}, .learners = {}});
  book_.read({.members = {member(1), member(3)}, .configuration = {}, .removed = false});
  EXPECT_EQ(peers_.size(), 3U);
  book_.configured({.voters = {NodeId(1), NodeId(3)}, .outgoing = {}, .learners = {}});
  EXPECT_EQ(peers_, (std::vector<MemberInfo>{member(1), member(3)}));
}

TEST_F(PeerBookTest, WhoLeavesStaysAPeerUntilItIsAppliedThatNobodyCountsWithIt) {
  const raft::Membership both{.voters = {NodeId(1), NodeId(2)}, .outgoing = {}, .learners = {}};
  const raft::Membership alone{.voters = {NodeId(1)}, .outgoing = {}, .learners = {}};
  book_.read({.members = {member(1), member(2)}, .configuration = both, .removed = false});
  book_.read({.members = {member(1)}, .configuration = both, .removed = false});
  book_.configured(alone);
  EXPECT_EQ(peers_.size(), 2U);
  book_.read({.members = {member(1)}, .configuration = alone, .removed = false});
  EXPECT_EQ(peers_, (std::vector<MemberInfo>{member(1)}));
}

TEST_F(PeerBookTest, KnowsWhatBecomesOfOneself) {
  EXPECT_FALSE(book_.is_learner());
  book_.read({.members = {member(1, true), member(2)}, .configuration = {}, .removed = false});
  EXPECT_TRUE(book_.is_learner());
  book_.read({.members = {member(1), member(2, true)}, .configuration = {}, .removed = false});
  EXPECT_FALSE(book_.is_learner());
  EXPECT_FALSE(book_.is_removed());
  book_.read({.members = {member(2)}, .configuration = {}, .removed = true});
  EXPECT_TRUE(book_.is_removed());
  EXPECT_FALSE(book_.is_learner());
}

TEST(PeerBook, NeedsNobodyToTell) {
  PeerBook book{NodeId(1), {}};
  book.read({.members = {member(1), member(2)}, .configuration = {}, .removed = false});
  book.configured({});
}

}  // namespace
}  // namespace kv
