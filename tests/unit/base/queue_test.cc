#include "libraft/base/queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace raft {
namespace {

TEST(BatchQueue, HandsOverEverythingThatWaited) {
  BatchQueue<int> queue(8);
  ASSERT_TRUE(queue.push(1));
  ASSERT_TRUE(queue.push(2));
  std::vector<int> batch;
  ASSERT_TRUE(queue.pop_all(batch));
  EXPECT_EQ(batch, (std::vector<int>{1, 2}));
}

TEST(BatchQueue, RefusesWhenFull) {
  BatchQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.size(), 1U);
}

TEST(BatchQueue, GivesWhatIsQueuedAfterCloseAndThenEnds) {
  BatchQueue<int> queue(8);
  ASSERT_TRUE(queue.push(1));
  queue.close();
  EXPECT_FALSE(queue.push(2));
  std::vector<int> batch;
  EXPECT_TRUE(queue.pop_all(batch));
  EXPECT_EQ(batch.size(), 1U);
  EXPECT_FALSE(queue.pop_all(batch));
}

TEST(BatchQueue, ReturnsAnEmptyBatchAtTheDeadline) {
  BatchQueue<int> queue(8);
  std::vector<int> batch;
  EXPECT_TRUE(queue.pop_all_until(batch, std::chrono::steady_clock::now()));
  EXPECT_TRUE(batch.empty());
}

TEST(BatchQueue, KeepsTheOrderOfOneProducerAcrossThreads) {
  BatchQueue<int> queue(100000);
  std::thread producer([&] {
    for (int i = 0; i < 10000; ++i) ASSERT_TRUE(queue.push(int{i}));
    queue.close();
  });
  std::vector<int> batch;
  int expected = 0;
  while (queue.pop_all(batch)) {
    for (int item : batch) ASSERT_EQ(item, expected++);
  }
  producer.join();
  EXPECT_EQ(expected, 10000);
}

}  // namespace
}  // namespace raft
