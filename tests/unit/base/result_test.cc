#include "libraft/base/result.h"

#include <gtest/gtest.h>

#include "libraft/base/check.h"

namespace raft {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidArgument, "half", "odd number");
  return number / 2;
}

Result<int> quarter(int number) {
  ASSIGN_OR_RETURN(const int once, half(number));
  return half(once);
}

Result<void> must_be_even(int number) {
  RETURN_IF_ERROR(half(number));
  return {};
}

TEST(Result, CarriesAValueThrough) {
  EXPECT_EQ(*quarter(8), 2);
}

TEST(Result, CarriesAnErrorThroughWithItsPlace) {
  const auto result = quarter(6);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().text(), "half: odd number");
  EXPECT_FALSE(must_be_even(3));
  EXPECT_TRUE(must_be_even(4));
}

TEST(CheckDeathTest, NamesTheConditionAndThePlace) {
  EXPECT_DEATH(RAFT_CHECK(1 + 1 == 3), "result_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace raft
