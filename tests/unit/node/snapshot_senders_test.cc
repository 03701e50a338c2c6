// How many states travel at one time, how much of one is on its way, and when its end is given up.
#include "libraft/node/snapshot_senders.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace raft {
namespace {

const NodeId kPeer(2);
constexpr EntryId kStateEnd{Index(40), Term(3)};
constexpr TransferId kFirst = 100;

class Senders : public ::testing::Test {
 protected:
  static SnapshotOptions limits() {
    return {.chunk_bytes = 4,
            .window_chunks = 2,
            .bytes_per_tick = 64,
            .transfers_max = 2,
            .resend_ticks = 3,
            .give_up_ticks = 10};
  }
  template <class Job>
  long jobs() const {
    return std::count_if(traffic_.jobs.begin(), traffic_.jobs.end(),
                         [](const SnapshotJob& job) { return std::holds_alternative<Job>(job); });
  }
  void open(NodeId peer, TransferId id) {
    senders_.begin(peer, traffic_);
    senders_.take(SourceOpened{id, kStateEnd}, traffic_);
  }
  void chunk_read() {
    senders_.take(ChunkRead{kFirst, std::make_shared<const std::string>("abcd")}, Term(3), traffic_);
  }
  void answer(std::uint64_t next) {
    senders_.acknowledged(kPeer, SnapshotAck{.term = Term(3), .transfer = kFirst, .next = next}, traffic_);
  }
  void ticks(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) senders_.tick(traffic_);
  }

  SnapshotSenders senders_{limits(), kFirst};
  SnapshotTraffic traffic_;
};

TEST_F(Senders, NoMoreTransfersThanTheLimitAtOneTime) {
  for (std::uint64_t peer = 2; peer <= 4; ++peer) senders_.begin(NodeId(peer), traffic_);
  EXPECT_EQ(jobs<OpenSource>(), 2);
  const auto ended = senders_.take_ended();
  ASSERT_EQ(ended.size(), 1U) << "the core is told, and asks again";
  EXPECT_EQ(ended.front().peer, NodeId(4));
  EXPECT_EQ(ended.front().match, std::nullopt);
}

TEST_F(Senders, APlaceThatBecomesFreeIsTakenByTheNext) {
  for (std::uint64_t peer = 2; peer <= 3; ++peer) senders_.begin(NodeId(peer), traffic_);
  senders_.failed(kFirst, traffic_);
  senders_.begin(NodeId(4), traffic_);
  EXPECT_EQ(jobs<OpenSource>(), 3);
  EXPECT_EQ(senders_.take_ended().size(), 1U);
}

TEST_F(Senders, AskedTwiceForOnePeerItSendsOneState) {
  senders_.begin(kPeer, traffic_);
  senders_.begin(kPeer, traffic_);
  EXPECT_EQ(jobs<OpenSource>(), 1);
}

TEST_F(Senders, NoMoreChunksThanTheWindowAreUnanswered) {
  open(kPeer, kFirst);
  chunk_read();
  chunk_read();
  EXPECT_EQ(jobs<ReadChunk>(), 2) << "the window is full";
  answer(1);
  EXPECT_EQ(jobs<ReadChunk>(), 3);
}

TEST_F(Senders, WhatGoesUnansweredIsSentAgain) {
  open(kPeer, kFirst);
  chunk_read();
  EXPECT_EQ(traffic_.mail[kPeer].size(), 1U);
  ticks(limits().resend_ticks);
  EXPECT_EQ(traffic_.mail[kPeer].size(), 2U);
}

TEST_F(Senders, ASilentPeerIsGivenUpAfterTheLimitAndNotBefore) {
  open(kPeer, kFirst);
  ticks(limits().give_up_ticks - 1);
  EXPECT_TRUE(senders_.take_ended().empty());
  ticks(1);
  EXPECT_EQ(senders_.take_ended().size(), 1U);
  EXPECT_TRUE(senders_.empty());
  EXPECT_EQ(jobs<CloseSource>(), 1);
}

TEST_F(Senders, APeerThatAnswersIsNotGivenUp) {
  open(kPeer, kFirst);
  for (int i = 0; i < 5; ++i) {
    ticks(limits().give_up_ticks - 1);
    answer(0);
  }
  EXPECT_TRUE(senders_.take_ended().empty());
}

/// An old first chunk that comes late makes the receiver begin anew; what it then lacks was let go here.
TEST_F(Senders, APeerThatFellBehindWhatItSaidIsGivenUpAlthoughItAnswers) {
  open(kPeer, kFirst);
  chunk_read();
  chunk_read();
  answer(1);
  for (std::uint32_t i = 0; i < limits().give_up_ticks; ++i) {
    EXPECT_TRUE(senders_.take_ended().empty());
    answer(0);
    ticks(1);
  }
  EXPECT_EQ(senders_.take_ended().size(), 1U);
}

TEST_F(Senders, ASourceThatOpensTooLateIsClosed) {
  senders_.begin(kPeer, traffic_);
  ticks(limits().give_up_ticks);
  senders_.take(SourceOpened{kFirst, kStateEnd}, traffic_);
  EXPECT_EQ(jobs<CloseSource>(), 2);
  EXPECT_EQ(jobs<ReadChunk>(), 0);
}

}  // namespace
}  // namespace raft
