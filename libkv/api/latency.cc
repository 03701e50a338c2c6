#include "libkv/api/latency.h"

#include <algorithm>
#include <utility>

namespace kv::api {

Latency::Latency(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

std::vector<double> Latency::doubling(double start, std::size_t count) {
  std::vector<double> bounds;
  for (std::size_t i = 0; i < count; ++i, start *= 2) bounds.push_back(start);
  return bounds;
}

std::vector<double> Latency::go_default() {
  return {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
}

void Latency::observe(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), seconds) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(took.count(), std::memory_order_relaxed);
}

Latency::Reading Latency::read() const {
  Reading reading;
  for (const auto& count : counts_) reading.counts.push_back(count.load(std::memory_order_relaxed));
  reading.sum = std::chrono::nanoseconds(sum_ns_.load(std::memory_order_relaxed));
  return reading;
}

}  // namespace kv::api
