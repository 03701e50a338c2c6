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
  book_.read_table({member(1), member(2)}, false);
  book_.read_table({member(1), member(2)}, false);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(peers_, (std::vector<MemberInfo>{member(1), member(2)}));
  MemberInfo moved = member(2);
  moved.peer_urls = {"http://elsewhere"};
  book_.read_table({member(1), moved}, false);
  EXPECT_EQ(peers_[1], moved);
}

TEST_F(PeerBookTest, WhoLeavesTheTableStaysAPeerWhileTheReplicaCountsWithIt) {
  book_.read_table({member(1), member(2), member(3)}, false);
  book_.configured({.voters = {NodeId(1), NodeId(2), NodeId(3)}, .outgoing = {}, .learners = {}});
  book_.read_table({member(1), member(3)}, false);
  EXPECT_EQ(peers_.size(), 3U);
  book_.configured({.voters = {NodeId(1), NodeId(3)}, .outgoing = {}, .learners = {}});
  EXPECT_EQ(peers_, (std::vector<MemberInfo>{member(1), member(3)}));
}

TEST_F(PeerBookTest, KnowsWhatBecomesOfOneself) {
  EXPECT_FALSE(book_.is_learner());
  book_.read_table({member(1, true), member(2)}, false);
  EXPECT_TRUE(book_.is_learner());
  book_.read_table({member(1), member(2, true)}, false);
  EXPECT_FALSE(book_.is_learner());
  EXPECT_FALSE(book_.is_removed());
  book_.read_table({member(2)}, true);
  EXPECT_TRUE(book_.is_removed());
  EXPECT_FALSE(book_.is_learner());
}

TEST(PeerBook, NeedsNobodyToTell) {
  PeerBook book{NodeId(1), {}};
  book.read_table({member(1), member(2)}, false);
  book.configured({});
}

}  // namespace
}  // namespace kv
