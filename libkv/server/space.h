// Whether the state fits its quota: when the NOSPACE alarm goes on, when it goes off by itself, and when
// files are worth rewriting. Pure: numbers and the time are handed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace kv {

/// etcd's --quota-backend-bytes when it is not set.
inline constexpr std::uint64_t kDefaultQuotaBytes = 2147483648;

/// What the option means: 0 is etcd's default, a negative number no quota at all.
constexpr std::optional<std::uint64_t> quota_of(std::int64_t option) {
  if (option < 0) return std::nullopt;
  return option == 0 ? kDefaultQuotaBytes : static_cast<std::uint64_t>(option);
}

/// Contract section 6.3: what makes nothing grow is always admitted.
constexpr bool fits(std::optional<std::uint64_t> quota, std::uint64_t bytes_on_disk, std::uint64_t cost) {
  return !quota || cost == 0 || bytes_on_disk + cost < *quota;
}

/// Thread: one.
class SpaceWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Look {
    Time now;
    std::uint64_t bytes_on_disk = 0;
    std::uint64_t bytes_in_use = 0;
    std::int64_t revision = 0;
    std::int64_t compacted = 0;
    bool compacting = false;  ///< old records are still being deleted
    bool alarmed = false;     ///< this member's NOSPACE alarm is on
    bool by_quota = false;    ///< and the quota raised it
  };
  struct Advice {
    bool raise = false;
    bool clear = false;
    bool reclaim = false;
  };

  explicit SpaceWatch(std::optional<std::uint64_t> quota) : quota_(quota) {}

  Advice look(const Look& look);

 private:
  [[nodiscard]] bool wasteful(const Look& look) const;

  const std::optional<std::uint64_t> quota_;
  std::int64_t raised_at_ = -1;  ///< the revision; disarmed by hand, it is not raised before the next write
  std::optional<Time> fits_since_;  ///< with the alarm on
  std::optional<Time> next_move_;   ///< no proposal before it
  std::int64_t reclaimed_at_ = -1;  ///< the compacted revision
};

}  // namespace kv
