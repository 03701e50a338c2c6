// Watches that this member's state is what the others have, and says so when it is not (DESIGN: divergence).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "libkv/machine/alarm.h"
#include "libkv/machine/command.h"
#include "libkv/server/desk.h"
#include "libkv/server/office.h"
#include "libkv/server/state_comparison.h"

namespace kv {

/// How often members tell each other where they stand, and compare.
inline constexpr std::chrono::milliseconds kComparePause{1000};
/// The same until the first comparison, for so long at most: a member that starts with a wrong state should
/// not serve it for long.
inline constexpr std::chrono::milliseconds kFirstComparePause{100};
inline constexpr std::chrono::seconds kFirstCompareFor{10};
/// States that differ without a majority: so long a third one may take to tell.
inline constexpr std::chrono::seconds kSplitPatience{10};

/// This member's state is not the one that a majority has.
struct Divergence {
  raft::Index index;  ///< of an entry behind which they differ
  std::uint64_t own = 0;
  std::uint64_t theirs = 0;
  std::vector<raft::NodeId> majority;
};

struct DivergenceDeskParts {
  /// Where the member's state stands now. Called with the desk's lock.
  std::function<StatePoint()> state;
  /// Once, when the alarm is on or could not be raised in time. May be null.
  std::function<void(const Divergence&)> diverged;
  std::uint32_t hash_version = kStateHashVersion;  ///< of `state`; tests are older or newer
};

/// Thread: any.
class DivergenceDesk final : public Desk {
 public:
  /// `life`: unlike those of this member's earlier lives.
  DivergenceDesk(std::uint64_t life, Office& office, DivergenceDeskParts parts)
      : office_(office), parts_(std::move(parts)), comparison_(office.self()), life_(life) {}

  // Desk
  void applied(AppliedBatch& batch) override;
  void installed() override;
  void received(raft::NodeId from, const Note& note) override;
  void ticked(Clock::time_point now) override;

  /// This member's state is known to be wrong: nothing must be served from it. Cheap.
  [[nodiscard]] bool odd() const { return odd_.load(std::memory_order_relaxed); }
  /// The last entry behind which a majority was seen to have this member's state; 0 before the first.
  [[nodiscard]] raft::Index agreed() const { return raft::Index(agreed_.load(std::memory_order_relaxed)); }

 private:
  void act(Clock::time_point now, const Comparison& found);
  void withdraw_alarm(Clock::time_point now);
  void report_odd(const Comparison& found);
  void report_split(Clock::time_point now, const Comparison& found);
  [[nodiscard]] bool due(Clock::time_point now);
  [[nodiscard]] std::optional<Alarm> alarm_of(raft::NodeId member) const;

  Office& office_;
  const DivergenceDeskParts parts_;
  std::mutex mutex_;  // guards comparison_ and life_
  StateComparison comparison_;
  std::uint64_t life_;
  std::atomic<bool> odd_ = false;
  std::atomic<std::uint64_t> agreed_ = 0;
  std::atomic<bool> asked_ = false;  // a member has begun that knows nothing of this one
  // Of ticked().
  std::optional<Clock::time_point> began_at_;
  Clock::time_point compared_at_;
  std::optional<Clock::time_point> split_since_;
  std::optional<Clock::time_point> next_move_;  // no proposal before it
};

}  // namespace kv
