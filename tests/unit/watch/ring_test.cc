#include "libkv/watch/ring.h"

#include <gtest/gtest.h>

#include "tests/unit/watch/changes.h"

namespace kv {
namespace {

RevisionEvents revision(std::int64_t number, std::size_t value_bytes = 10) {
  return std::move(to_events({put_at(number, "key", std::string(value_bytes, 'v'))}).front());
}

TEST(Ring, KnowsWhichRevisionsItHas) {
  Ring ring(1U << 20U);
  ring.restart(5);
  EXPECT_TRUE(ring.covers(5, true));
  EXPECT_FALSE(ring.covers(4, false));
  ring.push(revision(5), true);
  ring.push(revision(6), true);
  EXPECT_EQ(ring.first(), 5);
  EXPECT_EQ(ring.next(), 7);
  EXPECT_EQ(ring.at(6).revision, 6);
  EXPECT_TRUE(ring.covers(7, true));
}

TEST(Ring, DropsTheOldestBeyondItsBytes) {
  Ring ring(3000);
  ring.restart(1);
  for (std::int64_t number = 1; number <= 10; ++number) {
    ring.push(revision(number, 1000), true);
    ring.trim();
    EXPECT_LE(ring.bytes(), 3000U);
  }
  EXPECT_GT(ring.first(), 7);
  EXPECT_EQ(ring.at(10).revision, 10);
}

TEST(Ring, OneRevisionThatIsTooLargeLeavesItEmpty) {
  Ring ring(100);
  ring.restart(1);
  ring.push(revision(1, 1000), true);
  ring.trim();
  EXPECT_EQ(ring.first(), 2);
  EXPECT_EQ(ring.bytes(), 0U);
  EXPECT_TRUE(ring.covers(2, true));
}

TEST(Ring, SaysFromWhereOnItKnowsWhatWasBefore) {
  Ring ring(1U << 20U);
  ring.restart(1);
  ring.push(revision(1), false);
  ring.push(revision(2), true);
  EXPECT_TRUE(ring.covers(1, false));
  EXPECT_FALSE(ring.covers(1, true));
  EXPECT_TRUE(ring.covers(2, true));
}

}  // namespace
}  // namespace kv
