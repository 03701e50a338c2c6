#include "libraft/net/send_queue.h"

#include <gtest/gtest.h>

#include "libraft/net/codec.h"
#include "tests/unit/net/sample_messages.h"

namespace raft {
namespace {

std::vector<Message> timeouts(std::uint64_t first, std::size_t count) {
  std::vector<Message> messages;
  for (std::size_t i = 0; i < count; ++i) messages.emplace_back(TimeoutNow{Term(first + i)});
  return messages;
}

const std::size_t kTimeoutBytes = encoded_size(TimeoutNow{});

std::vector<std::uint64_t> terms(const std::vector<Message>& messages) {
  std::vector<std::uint64_t> terms;
  for (const Message& message : messages) terms.push_back(term_of(message).value());
  return terms;
}

TEST(SendQueue, DropsEverythingWhileClosed) {
  SendQueue queue(1000, 1000);
  const auto pushed = queue.push(timeouts(1, 3));
  EXPECT_EQ(pushed.dropped, 3U);
  EXPECT_FALSE(pushed.wake);
}

TEST(SendQueue, HandsOverEverythingInOrder) {
  SendQueue queue(1000, 1000);
  queue.open();
  EXPECT_EQ(queue.push(timeouts(1, 2)).dropped, 0U);
  EXPECT_EQ(queue.push(timeouts(3, 2)).dropped, 0U);
  std::vector<Message> batch;
  queue.take(batch);
  EXPECT_EQ(terms(batch), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST(SendQueue, AsksForOneWakeUntilTheReaderFindsNothing) {
  SendQueue queue(1000, 1000);
  queue.open();
  EXPECT_TRUE(queue.push(timeouts(1, 1)).wake);
  EXPECT_FALSE(queue.push(timeouts(2, 1)).wake);
  std::vector<Message> batch;
  queue.take(batch);
  EXPECT_FALSE(queue.push(timeouts(3, 1)).wake) << "the reader will look again";
  batch.clear();
  queue.take(batch);
  batch.clear();
  queue.take(batch);
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(queue.push(timeouts(4, 1)).wake);
}

TEST(SendQueue, DropsTheNewestBeyondItsMessages) {
  SendQueue queue(1000, 3);
  queue.open();
  EXPECT_EQ(queue.push(timeouts(1, 5)).dropped, 2U);
  EXPECT_EQ(queue.push(timeouts(6, 1)).dropped, 1U);
  std::vector<Message> batch;
  queue.take(batch);
  EXPECT_EQ(terms(batch), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(SendQueue, DropsTheNewestBeyondItsBytes) {
  SendQueue queue(2 * kTimeoutBytes, 1000);
  queue.open();
  EXPECT_EQ(queue.push(timeouts(1, 3)).dropped, 1U);
}

TEST(SendQueue, WhatIsTakenCountsUntilWritten) {
  SendQueue queue(2 * kTimeoutBytes, 1000);
  queue.open();
  EXPECT_EQ(queue.push(timeouts(1, 2)).dropped, 0U);
  std::vector<Message> batch;
  queue.take(batch);
  EXPECT_EQ(queue.push(timeouts(3, 1)).dropped, 1U);
  queue.written(kTimeoutBytes, 1);
  EXPECT_EQ(queue.push(timeouts(4, 1)).dropped, 0U);
}

TEST(SendQueue, DropsWhatFollowsADroppedMessage) {
  SendQueue queue(100, 1000);
  queue.open();
  std::vector<Message> messages = timeouts(1, 1);
  messages.emplace_back(ForwardProposals{Term(2), {shared(std::string(200, 'x'))}});
  messages.emplace_back(TimeoutNow{Term(3)});
  EXPECT_EQ(queue.push(std::move(messages)).dropped, 2U);
}

TEST(SendQueue, LetsOneOversizedMessageThroughAlone) {
  SendQueue queue(10, 1);
  queue.open();
  std::vector<Message> large;
  large.emplace_back(ForwardProposals{Term(2), {shared(std::string(200, 'x'))}});
  EXPECT_EQ(queue.push(std::move(large)).dropped, 0U);
  EXPECT_EQ(queue.push(timeouts(3, 1)).dropped, 1U);
}

TEST(SendQueue, NeverTakesAMessageThatNoFrameHolds) {
  SendQueue queue(kMessageBytesMax, 10);
  queue.open();
  const SharedBytes half = shared(std::string(kMessageBytesMax / 2, 'x'));
  std::vector<Message> messages;
  messages.emplace_back(ForwardProposals{Term(2), {half, half}});
  EXPECT_EQ(queue.push(std::move(messages)).dropped, 1U);
}

TEST(SendQueue, ForgetsEverythingWhenClosed) {
  SendQueue queue(2 * kTimeoutBytes, 2);
  queue.open();
  EXPECT_EQ(queue.push(timeouts(1, 2)).dropped, 0U);
  EXPECT_EQ(queue.close(), 2U);
  queue.open();
  std::vector<Message> batch;
  queue.take(batch);
  EXPECT_TRUE(batch.empty());
  const auto pushed = queue.push(timeouts(3, 2));
  EXPECT_EQ(pushed.dropped, 0U);
  EXPECT_TRUE(pushed.wake);
}

}  // namespace
}  // namespace raft
