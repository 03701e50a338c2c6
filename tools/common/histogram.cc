#include "tools/common/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tools {

// Values below 2^kSubBits have a bucket each; above, every power of two is cut into kSubBuckets equal parts.

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kSubBuckets) return value;
  const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
  return static_cast<std::size_t>(shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
}

std::uint64_t Histogram::upper_bound(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::size_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t sub = bucket % kSubBuckets + kSubBuckets;
  return (sub << shift) + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::record(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += static_cast<double>(value);
  minimum_ = std::min(minimum_, value);
  maximum_ = std::max(maximum_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::quantile(double fraction) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      return std::clamp(upper_bound(i), minimum_, maximum_);
    }
  }
  return maximum_;
}

}  // namespace tools
