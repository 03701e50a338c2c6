#include "libkv/server/space.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

using namespace std::chrono_literals;
using Time = SpaceWatch::Time;

constexpr Time kStart{std::chrono::hours(1)};
constexpr std::uint64_t kMiB = 1U << 20U;

TEST(Quota, ZeroIsEtcdsDefaultAndNegativeIsNone) {
  EXPECT_EQ(quota_of(0), kDefaultQuotaBytes);
  EXPECT_EQ(quota_of(-1), std::nullopt);
  EXPECT_EQ(quota_of(5), 5U);
}

TEST(Quota, AdmitsWhatFitsAndWhatCostsNothing) {
  EXPECT_TRUE(fits(100, 60, 39));
  EXPECT_FALSE(fits(100, 60, 40));
  EXPECT_TRUE(fits(100, 1000, 0));
  EXPECT_TRUE(fits(std::nullopt, 1000, 1000));
}

TEST(SpaceWatch, RaisesOnceForEachWriteThatGoesOver) {
  SpaceWatch watch(100 * kMiB);
  SpaceWatch::Look look{.now = kStart, .bytes_on_disk = 99 * kMiB, .bytes_in_use = 99 * kMiB, .revision = 5};
  EXPECT_FALSE(watch.look(look).raise);
  look.bytes_on_disk = 100 * kMiB;
  EXPECT_TRUE(watch.look(look).raise);
  // Disarmed by hand: nothing was written since.
  look.now += 1min;
  EXPECT_FALSE(watch.look(look).raise);
  look.revision = 6;
  EXPECT_TRUE(watch.look(look).raise);
}

TEST(SpaceWatch, TakesItsAlarmBackWhenATenthHasBeenFreeForAWhile) {
  SpaceWatch watch(100 * kMiB);
  SpaceWatch::Look look{.now = kStart,
                        .bytes_on_disk = 95 * kMiB,
                        .bytes_in_use = 95 * kMiB,
                        .alarmed = true,
                        .by_quota = true};
  EXPECT_FALSE(watch.look(look).clear);
  look.now += 1h;
  EXPECT_FALSE(watch.look(look).clear);
  look.bytes_on_disk = look.bytes_in_use = 80 * kMiB;
  EXPECT_FALSE(watch.look(look).clear);
  look.now += 1s;
  EXPECT_FALSE(watch.look(look).clear);
  look.now += 1s;
  EXPECT_TRUE(watch.look(look).clear);
  look.now += 1s;  // the proposal is on its way
  EXPECT_FALSE(watch.look(look).clear);
}

TEST(SpaceWatch, LeavesAnAlarmThatWasRaisedByHand) {
  SpaceWatch watch(100 * kMiB);
  SpaceWatch::Look look{.now = kStart, .bytes_on_disk = kMiB, .alarmed = true};
  EXPECT_FALSE(watch.look(look).clear);
  look.now += 1h;
  EXPECT_FALSE(watch.look(look).clear);
}

TEST(SpaceWatch, ReclaimsWhatIsWastedOnceForEachCompaction) {
  SpaceWatch watch(std::nullopt);
  SpaceWatch::Look look{.now = kStart,
                        .bytes_on_disk = 300 * kMiB,
                        .bytes_in_use = 100 * kMiB,
                        .compacted = 7,
                        .compacting = true};
  EXPECT_FALSE(watch.look(look).reclaim);
  look.compacting = false;
  EXPECT_TRUE(watch.look(look).reclaim);
  EXPECT_FALSE(watch.look(look).reclaim);
  look.compacted = 8;
  EXPECT_TRUE(watch.look(look).reclaim);
  look.compacted = 9;
  look.bytes_on_disk = 150 * kMiB;
  EXPECT_FALSE(watch.look(look).reclaim);
}

TEST(SpaceWatch, IsSoonerWastefulWhenTheQuotaIsNear) {
  SpaceWatch watch(10 * kMiB);
  EXPECT_TRUE(
      watch.look({.now = kStart, .bytes_on_disk = 10 * kMiB, .bytes_in_use = 2 * kMiB, .compacted = 7})
          .reclaim);
}

}  // namespace
}  // namespace kv
