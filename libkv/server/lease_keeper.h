// When leases end. Only the leader counts their time; that one ended goes through the log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libkv/lease/lease_table.h"
#include "libkv/machine/command.h"

namespace kv {

struct LeaseKeeperOptions {
  /// How long a leader may go on without knowing that there is another: what a new one adds to every lease.
  std::chrono::milliseconds election_timeout{1000};
  /// Leases that expire are revoked at this rate, and so many at one time.
  std::uint32_t revokes_per_second = 2500;
  std::size_t revokes_in_flight_max = 512;
  /// A revoke that failed is tried again after so long.
  std::chrono::milliseconds retry_pause{3000};
  /// What is left of a lease with more than this is told to the others this often, so that a new leader need
  /// not begin it anew. Zero: never.
  std::chrono::milliseconds checkpoint_interval{300000};
  std::size_t checkpoint_leases_max = 1000;  ///< told of in one command
  /// Between two ticks that lie further apart this process did not run, and nobody could keep a lease alive:
  /// that time does not count.
  std::chrono::milliseconds gap_max{1000};
};

/// What came of keeping a lease alive.
enum class Renewal : std::uint8_t {
  kRenewed,
  kUnknown,     ///< there is no such lease
  kEnding,      ///< its time is over; it is about to be revoked
  kReset,       ///< the others must be told first: propose that all of it remains, then ask again
  kNotLeading,  ///< another member counts
};

/// Leases never end early: not by a change of leader, a pause of this process or a clock that jumps; they may
/// end late. Pure: time is handed in and comes from a clock that only moves forward. Thread: one at a time.
class LeaseKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LeaseKeeper(LeaseKeeperOptions options) : options_(options) {}

  /// This member leads from now on; `leases`: those of its table.
  void lead(raft::Term term, Time now, std::span<const LeaseInfo> leases);
  /// Another one does: nothing ends here.
  void follow();
  [[nodiscard]] bool leads() const { return term_.has_value(); }

  // What the log says, as it is applied.
  void granted(std::int64_t id, std::int64_t ttl, Time now);
  void ended(std::int64_t id);
  void checkpointed(const LeaseRemaining& remaining);

  /// The moment to give renew() for a request that arrives now.
  [[nodiscard]] Time stamp(Time now) const { return now - lost_; }
  /// Keeps a lease alive from the moment `asked` on. Requires a proof that this member led behind that moment
  /// and has applied everything before it (a read index).
  Renewal renew(std::int64_t id, Time asked, Time now);
  /// Seconds that are left, rounded down; nothing when there is no such lease or another member counts.
  [[nodiscard]] std::optional<std::int64_t> remaining(std::int64_t id, Time now) const;

  /// The leases in the order in which they end.
  [[nodiscard]] std::vector<std::int64_t> by_end() const;

  /// What is due: to be proposed in this order, before what renew() asks for later; each command answered by
  /// ended() or checkpointed() or, when it came to nothing, failed().
  struct Work {
    std::vector<LeaseExpireOp> expire;
    std::optional<LeaseCheckpointOp> checkpoint;
  };
  [[nodiscard]] Work tick(Time now);
  void failed(const LeaseExpireOp& op, Time now);

  [[nodiscard]] std::size_t revokes_in_flight() const { return in_flight_.size(); }

 private:
  struct Lease {
    std::int64_t ttl = 0;
    Time end;
    Time checkpoint = Time::max();  // when the next one is due; Time::max(): never
    bool doomed = false;            // its end was proposed, and may come at any time
    bool told = false;              // the others may believe that less than all of it remains
    bool told_anew = false;         // kReset was given
  };
  using Queue = std::set<std::pair<Time, std::int64_t>>;

  void put(std::int64_t id, Lease lease);
  void move_end(std::int64_t id, Lease& lease, Time end);
  void schedule_checkpoint(std::int64_t id, Lease& lease, Time now);
  [[nodiscard]] std::optional<LeaseCheckpointOp> due_checkpoint(Time now);
  void refill(Time now);

  const LeaseKeeperOptions options_;
  std::optional<raft::Term> term_;
  std::unordered_map<std::int64_t, Lease> leases_;
  Queue ends_;         // those not in flight
  Queue checkpoints_;  // those that have one due some time
  std::set<std::int64_t> in_flight_;
  std::chrono::nanoseconds lost_{0};  // time that did not count
  std::optional<Time> ticked_;
  double allowance_ = 0;  // revokes that may be proposed now
};

}  // namespace kv
