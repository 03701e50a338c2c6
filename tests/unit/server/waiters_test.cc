#include "libkv/server/waiters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace kv {
namespace {

using namespace std::chrono_literals;
using IntWaiters = Waiters<int>;
using Answer = std::expected<int, RequestFailure>;

ServerError timeout(IntWaiters::Clock::time_point /*since*/) {
  return ServerError::kTimeout;
}

TEST(Waiters, GivesEachRequestItsOwnAnswer) {
  IntWaiters waiters(1s, 100);
  std::vector<int> got;
  const auto first = waiters.add([&](Answer answer) { got.push_back(*answer); });
  const auto second = waiters.add([&](Answer answer) { got.push_back(*answer + 1000); });
  waiters.answer({{*second, 2}, {*first, 1}});
  EXPECT_EQ(*first, 100U);
  EXPECT_EQ(got, (std::vector<int>{1002, 1}));
  EXPECT_EQ(waiters.size(), 0U);
}

TEST(Waiters, IgnoresAnswersToRequestsOfAnEarlierLife) {
  IntWaiters waiters(1s, 100);
  int calls = 0;
  ASSERT_TRUE(waiters.add([&](const Answer&) { ++calls; }));
  waiters.answer({{7, 1}, {99, 1}, {101, 1}});
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(waiters.size(), 1U);
}

TEST(Waiters, TellsARequestThatItMayHaveBeenProposedWhenItsTimeIsOver) {
  IntWaiters waiters(1s, 1);
  std::optional<Answer> got;
  const auto ticket = waiters.add([&](Answer answer) { got = answer; });
  waiters.expire(IntWaiters::Clock::now(), timeout);
  EXPECT_FALSE(got);
  waiters.expire(IntWaiters::Clock::now() + 2s, timeout);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().error, ServerError::kTimeout);
  EXPECT_EQ(got->error().stage, Stage::kProposed);
  waiters.answer({{*ticket, 1}});
  EXPECT_FALSE(*got) << "an answer that comes too late is dropped";
}

TEST(Waiters, ARefusedRequestWasCertainlyNotProposed) {
  IntWaiters waiters(1s, 1);
  std::optional<Answer> got;
  const auto ticket = waiters.add([&](Answer answer) { got = answer; });
  waiters.refuse(*ticket, ServerError::kTooLarge);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error().error, ServerError::kTooLarge);
  EXPECT_EQ(got->error().stage, Stage::kQueued);
}

TEST(Waiters, AfterTheEndEveryRequestIsAnsweredAtOnce) {
  IntWaiters waiters(1s, 1);
  int stopped = 0;
  const auto count = [&](const Answer& answer) {
    if (!answer && answer.error().error == ServerError::kStopped) ++stopped;
  };
  ASSERT_TRUE(waiters.add(count));
  waiters.fail_all(ServerError::kStopped);
  EXPECT_EQ(stopped, 1);
  EXPECT_FALSE(waiters.add(count));
  EXPECT_EQ(stopped, 2);
}

TEST(Waiters, EveryRequestIsAnsweredOnceWhateverRaces) {
  IntWaiters waiters(0s, 1);
  std::atomic<int> answered = 0;
  constexpr int kRequests = 2000;
  std::vector<std::uint64_t> tickets;
  for (int i = 0; i < kRequests; ++i) tickets.push_back(*waiters.add([&](const Answer&) { ++answered; }));
  std::thread expiring([&] { waiters.expire(IntWaiters::Clock::now() + 1s, timeout); });
  for (std::uint64_t ticket : tickets) waiters.answer({{ticket, 1}});
  expiring.join();
  EXPECT_EQ(answered, kRequests);
}

}  // namespace
}  // namespace kv
