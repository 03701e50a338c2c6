#include "libkv/server/attempt_limits.h"

#include <algorithm>
#include <functional>

namespace kv {

double AttemptLimits::left(const Failures& failures, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - failures.at;
  return std::max(0.0, failures.count - passed.count() * options_.per_second);
}

bool AttemptLimits::may_try(std::string_view user, Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_user_.find(std::hash<std::string_view>()(user));
  return found == by_user_.end() || left(found->second, now) <= options_.burst - 1;
}

void AttemptLimits::failed(std::string_view user, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t key = std::hash<std::string_view>()(user);
  if (!by_user_.contains(key)) make_room(now);
  Failures& failures = by_user_[key];
  failures = {.count = left(failures, now) + 1, .at = now};
}

/// Those that are forgiven go, and else the one with the fewest.
void AttemptLimits::make_room(Clock::time_point now) {
  if (by_user_.size() < options_.users_max) return;
  std::erase_if(by_user_, [&](const auto& item) { return left(item.second, now) == 0; });
  if (by_user_.size() < options_.users_max) return;
  by_user_.erase(
      std::ranges::min_element(by_user_, {}, [&](const auto& item) { return left(item.second, now); }));
}

}  // namespace kv
