// Watches that this member's state is what the others have, and says so when it is not (DESIGN: divergence).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/machine/alarm.h"
#include "libkv/machine/command.h"
#include "libkv/server/server.h"
#include "libkv/server/state_comparison.h"
#include "libraft/base/log_sink.h"

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

/// What the desk needs of its member. Called without the desk's lock, but for `state`.
struct DivergenceDeskParts {
  std::function<StatePoint()> state;
  std::function<std::vector<MemberInfo>()> members;
  std::function<std::vector<Alarm>()> alarms;
  std::function<bool()> leads;
  std::function<bool()> has_leader;
  std::function<void(const Operation&, WriteDone)> propose;
  std::function<void(raft::NodeId to, std::string note)> send;
  /// Once, when the alarm is on or could not be raised in time. May be null.
  std::function<void(const Divergence&)> diverged;
};

/// Thread: any, one at a time for ticked().
class DivergenceDesk {
 public:
  using Clock = std::chrono::steady_clock;

  /// `life`: unlike those of this member's earlier lives.
  DivergenceDesk(raft::NodeId self, std::uint64_t life, DivergenceDeskParts parts)
      : self_(self), parts_(std::move(parts)), comparison_(self), life_(life) {}

  /// Before anything else.
  void log_to(raft::LogSink log) { log_ = std::move(log); }

  // What the member tells.
  void applied(const std::vector<StatePoint>& points);
  void installed();
  void received(raft::NodeId from, std::string_view note);
  void ticked(Clock::time_point now);

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

  const raft::NodeId self_;
  const DivergenceDeskParts parts_;
  raft::LogSink log_;
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
