// How much of an incoming state may wait for the disk, and when its sender is given up.
#include "libraft/node/snapshot_receiver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace raft {
namespace {

const NodeId kSender(1);
constexpr EntryId kEndOfState{Index(40), Term(3)};
constexpr TransferId kPassage = 9;

class Receiver : public ::testing::Test {
 protected:
  static SnapshotOptions bounds() { return {.window_chunks = 2, .give_up_ticks = 10}; }
  template <class Job>
  long jobs() const {
    return std::count_if(traffic_.jobs.begin(), traffic_.jobs.end(),
                         [](const SnapshotJob& job) { return std::holds_alternative<Job>(job); });
  }
  void chunk(std::uint64_t number) {
    receiver_.receive(kSender,
                      SnapshotChunk{.term = Term(3),
                                    .transfer = kPassage,
                                    .last = kEndOfState,
                                    .number = number,
                                    .bytes = std::make_shared<const std::string>("abcd")},
                      CoreStatus{.term = Term(3), .leader = kSender}, traffic_);
  }
  void ticks(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) receiver_.tick(traffic_);
  }

  SnapshotReceiver receiver_{bounds()};
  SnapshotTraffic traffic_;
};

TEST_F(Receiver, NoMoreThanTheWindowWaitsForTheDisk) {
  for (std::uint64_t number = 0; number < 4; ++number) chunk(number);
  EXPECT_EQ(jobs<WriteChunk>(), 2);
  receiver_.take(ChunkWritten{kPassage, 0}, Term(3), traffic_);
  chunk(2);
  EXPECT_EQ(jobs<WriteChunk>(), 3);
}

TEST_F(Receiver, ASilentSenderIsGivenUpAfterTheLimitAndNotBefore) {
  chunk(0);
  ticks(bounds().give_up_ticks - 1);
  EXPECT_EQ(jobs<DropSink>(), 0);
  ticks(1);
  EXPECT_EQ(jobs<DropSink>(), 1);
}

TEST_F(Receiver, ASenderThatGoesOnIsNotGivenUp) {
  chunk(0);
  for (std::uint64_t number = 1; number < 4; ++number) {
    ticks(bounds().give_up_ticks - 1);
    receiver_.take(ChunkWritten{kPassage, number - 1}, Term(3), traffic_);
    chunk(number);
  }
  EXPECT_EQ(jobs<DropSink>(), 0);
}

}  // namespace
}  // namespace raft
