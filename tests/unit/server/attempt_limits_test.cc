#include "libkv/server/attempt_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

using std::chrono::seconds;

class AttemptLimitsTest : public ::testing::Test {
 protected:
  void fail(std::string_view user, int times) {
    for (int i = 0; i < times; ++i) limits.failed(user, now);
  }

  AttemptLimits::Clock::time_point now{seconds(1000)};
  AttemptLimits limits{{.burst = 3, .per_second = 1, .users_max = 4}};
};

TEST_F(AttemptLimitsTest, LetAFewFailuresPass) {
  fail("root", 2);
  EXPECT_TRUE(limits.may_try("root", now));
  fail("root", 1);
  EXPECT_FALSE(limits.may_try("root", now));
}

TEST_F(AttemptLimitsTest, ForgiveWithTime) {
  fail("root", 5);
  EXPECT_FALSE(limits.may_try("root", now + seconds(2)));
  EXPECT_TRUE(limits.may_try("root", now + seconds(3)));
}

TEST_F(AttemptLimitsTest, HoldNobodyBackForAnother) {
  fail("root", 5);
  EXPECT_TRUE(limits.may_try("alice", now));
}

TEST_F(AttemptLimitsTest, KeepTheWorstWhenThereAreTooManyNames) {
  fail("root", 5);
  for (int i = 0; i < 1000; ++i) limits.failed("user" + std::to_string(i), now);
  EXPECT_FALSE(limits.may_try("root", now));
}

}  // namespace
}  // namespace kv
