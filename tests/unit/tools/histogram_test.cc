#include "tools/common/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "libraft/base/random.h"

namespace tools {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  const auto histogram = std::make_unique<Histogram>();
  EXPECT_EQ(histogram->count(), 0U);
  EXPECT_EQ(histogram->quantile(0.5), 0U);
  EXPECT_EQ(histogram->minimum(), 0U);
  EXPECT_EQ(histogram->mean(), 0);
}

TEST(Histogram, IsExactForSmallValues) {
  const auto histogram = std::make_unique<Histogram>();
  for (std::uint64_t i = 1; i <= 100; ++i) histogram->record(i);
  EXPECT_EQ(histogram->quantile(0), 1U);
  EXPECT_EQ(histogram->quantile(0.5), 50U);
  EXPECT_EQ(histogram->quantile(0.99), 99U);
  EXPECT_EQ(histogram->quantile(1), 100U);
  EXPECT_DOUBLE_EQ(histogram->mean(), 50.5);
}

TEST(Histogram, TakesTheLargestNumbers) {
  const auto histogram = std::make_unique<Histogram>();
  histogram->record(0);
  histogram->record(~std::uint64_t{0});
  EXPECT_EQ(histogram->minimum(), 0U);
  EXPECT_EQ(histogram->quantile(1), ~std::uint64_t{0});
  EXPECT_EQ(histogram->quantile(0.5), 0U);
}

TEST(Histogram, QuantilesAreWithinOnePercentOfTheTruth) {
  constexpr std::uint64_t kSeed = 7;
  raft::Random random(kSeed);
  const auto histogram = std::make_unique<Histogram>();
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 100000; ++i) {
    // Spread over nine powers of ten, as latencies in nanoseconds may be.
    const double exponent = static_cast<double>(random.below(9000)) / 1000;
    values.push_back(static_cast<std::uint64_t>(std::pow(10, exponent)));
    histogram->record(values.back());
  }
  std::ranges::sort(values);
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size()))) - 1;
    const auto truth = static_cast<double>(values[rank]);
    const auto given = static_cast<double>(histogram->quantile(fraction));
    EXPECT_GE(given, truth) << fraction;
    EXPECT_LE(given, truth * (1 + 1.0 / 128)) << fraction;
  }
}

TEST(Histogram, MergedIsAsIfRecordedInOne) {
  const auto one = std::make_unique<Histogram>();
  const auto other = std::make_unique<Histogram>();
  const auto both = std::make_unique<Histogram>();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? *one : *other).record(i * i);
    both->record(i * i);
  }
  one->merge(*other);
  EXPECT_EQ(one->count(), both->count());
  EXPECT_EQ(one->quantile(0.73), both->quantile(0.73));
  EXPECT_EQ(one->maximum(), both->maximum());
  EXPECT_DOUBLE_EQ(one->mean(), both->mean());
}

}  // namespace
}  // namespace tools
