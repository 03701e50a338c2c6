// How often somebody may guess at one user's password.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace kv {

struct AttemptOptions {
  double burst = 10;        ///< failures in a row, before the next attempt has to wait
  double per_second = 0.5;  ///< forgiven
  std::size_t users_max = 4096;
};

/// Counts failures by the name that was tried, whether or not there is such a user. The time is handed in.
/// Thread: any.
class AttemptLimits {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AttemptLimits(const AttemptOptions& options = {}) : options_(options) {}

  /// Whether one more attempt may be looked at.
  [[nodiscard]] bool may_try(std::string_view user, Clock::time_point now) const;
  void failed(std::string_view user, Clock::time_point now);

 private:
  struct Failures {
    double count = 0;
    Clock::time_point at;
  };

  [[nodiscard]] double left(const Failures& failures, Clock::time_point now) const;
  void make_room(Clock::time_point now);

  const AttemptOptions options_;
  mutable std::mutex mutex_;                             // guards what follows
  std::unordered_map<std::uint64_t, Failures> by_user_;  // by the hash of the name, which may be long
};

}  // namespace kv
