// A histogram of durations that threads fill without a lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kv::api {

/// Upper bounds in seconds, ascending; what is above the last is counted too.
/// Thread: any.
class Latency {
 public:
  explicit Latency(std::vector<double> bounds);
  /// `count` bounds: start, start x 2, start x 4 ...
  static std::vector<double> doubling(double start, std::size_t count);
  /// The bounds of Go's client library, which gRPC's metrics have.
  static std::vector<double> go_default();

  void observe(std::chrono::nanoseconds took);

  /// The numbers at about one moment.
  struct Reading {
    std::vector<std::uint64_t> counts;  ///< per bound, not cumulative, and one more for what is above
    std::chrono::nanoseconds sum{0};
  };
  [[nodiscard]] Reading read() const;
  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::int64_t> sum_ns_ = 0;
};

}  // namespace kv::api
