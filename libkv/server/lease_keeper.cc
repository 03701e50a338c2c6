#include "libkv/server/lease_keeper.h"

#include <algorithm>

#include "libraft/base/mutant.h"

namespace kv {
namespace {

using std::chrono::seconds;

}  // namespace

void LeaseKeeper::lead(raft::Term term, Time now, std::span<const LeaseInfo> leases) {
  follow();
  term_ = term;
  const Time at = stamp(now);
  for (const LeaseInfo& info : leases) {
    const seconds left(info.remaining > 0 ? info.remaining : info.ttl);
    Lease lease{.ttl = info.ttl, .end = at + left + options_.election_timeout};
    lease.told = info.remaining > 0;
    schedule_checkpoint(info.id, lease, at);
    put(info.id, lease);
  }
}

void LeaseKeeper::follow() {
  term_.reset();
  leases_.clear();
  ends_.clear();
  checkpoints_.clear();
  in_flight_.clear();
  allowance_ = 0;
}

void LeaseKeeper::put(std::int64_t id, Lease lease) {
  ends_.emplace(lease.end, id);
  leases_[id] = lease;
}

void LeaseKeeper::granted(std::int64_t id, std::int64_t ttl, Time now) {
  if (!leads() || leases_.contains(id)) return;
  const Time at = stamp(now);
  Lease lease{.ttl = ttl, .end = at + seconds(ttl)};
  schedule_checkpoint(id, lease, at);
  put(id, lease);
}

void LeaseKeeper::ended(std::int64_t id) {
  in_flight_.erase(id);
  const auto found = leases_.find(id);
  if (found == leases_.end()) return;
  ends_.erase({found->second.end, id});
  checkpoints_.erase({found->second.checkpoint, id});
  leases_.erase(found);
}

void LeaseKeeper::checkpointed(const LeaseRemaining& remaining) {
  const auto found = leases_.find(remaining.lease);
  if (found == leases_.end()) return;
  found->second.told = remaining.seconds > 0;
  if (remaining.seconds == 0) found->second.told_anew = false;
}

void LeaseKeeper::move_end(std::int64_t id, Lease& lease, Time end) {
  if (end <= lease.end) return;
  ends_.erase({lease.end, id});
  lease.end = end;
  ends_.emplace(end, id);
}

void LeaseKeeper::schedule_checkpoint(std::int64_t id, Lease& lease, Time now) {
  checkpoints_.erase({lease.checkpoint, id});
  const bool worth_it = options_.checkpoint_interval.count() > 0 &&
                        lease.end - now > std::chrono::nanoseconds(options_.checkpoint_interval);
  lease.checkpoint = worth_it ? now + options_.checkpoint_interval : Time::max();
  if (worth_it) checkpoints_.emplace(lease.checkpoint, id);
}

Renewal LeaseKeeper::renew(std::int64_t id, Time asked, Time now) {
  if (!leads()) return Renewal::kNotLeading;
  const auto found = leases_.find(id);
  if (found == leases_.end()) return Renewal::kUnknown;
  Lease& lease = found->second;
  if ((lease.doomed || lease.end <= stamp(now)) && !RAFT_MUTANT(kLeaseBroughtBack)) return Renewal::kEnding;
  if (lease.told && !RAFT_MUTANT(kLeaseNotToldAnew)) {
    // Until the others know that the lease begins anew, one of them that comes to lead would end it early;
    // and nobody is to tell them meanwhile that less is left.
    lease.told_anew = true;
    return Renewal::kReset;
  }
  if (!RAFT_MUTANT(kLeaseForgetsRenewal)) move_end(id, lease, asked + seconds(lease.ttl));
  schedule_checkpoint(id, lease, stamp(now));
  return Renewal::kRenewed;
}

std::optional<std::int64_t> LeaseKeeper::remaining(std::int64_t id, Time now) const {
  const auto found = leases_.find(id);
  if (!leads() || found == leases_.end()) return std::nullopt;
  const auto left = std::chrono::floor<seconds>(found->second.end - stamp(now));
  return std::max<std::int64_t>(left.count(), 0);
}

std::vector<std::int64_t> LeaseKeeper::by_end() const {
  std::vector<std::int64_t> ids(in_flight_.begin(), in_flight_.end());
  ids.reserve(leases_.size());
  for (const auto& [end, id] : ends_) ids.push_back(id);
  return ids;
}

void LeaseKeeper::refill(Time now) {
  if (ticked_) {
    const auto passed = now - *ticked_;
    if (passed > options_.gap_max) lost_ += passed - options_.gap_max;
    allowance_ += std::chrono::duration<double>(passed).count() * options_.revokes_per_second;
    allowance_ = std::min(allowance_, static_cast<double>(options_.revokes_per_second) / 2);
  }
  ticked_ = now;
}

LeaseKeeper::Work LeaseKeeper::tick(Time now) {
  refill(now);
  Work work;
  if (!leads()) return work;
  const Time at = stamp(now);
  while (!ends_.empty() && ends_.begin()->first <= at && allowance_ >= 1 &&
         in_flight_.size() < options_.revokes_in_flight_max) {
    const std::int64_t id = ends_.begin()->second;
    ends_.erase(ends_.begin());
    in_flight_.insert(id);
    leases_.at(id).doomed = true;
    allowance_ -= 1;
    work.expire.push_back({.lease = id, .term = *term_});
  }
  work.checkpoint = due_checkpoint(at);
  return work;
}

std::optional<LeaseCheckpointOp> LeaseKeeper::due_checkpoint(Time now) {
  LeaseCheckpointOp op{.term = *term_, .leases = {}};
  while (!checkpoints_.empty() && checkpoints_.begin()->first <= now &&
         op.leases.size() < options_.checkpoint_leases_max) {
    const std::int64_t id = checkpoints_.begin()->second;
    Lease& lease = leases_.at(id);
    schedule_checkpoint(id, lease, now);
    if (lease.told_anew || lease.end <= now) continue;
    lease.told = true;
    // Rounded up: at least one, and never less than what is left.
    op.leases.push_back({.lease = id, .seconds = std::chrono::ceil<seconds>(lease.end - now).count()});
  }
  if (op.leases.empty()) return std::nullopt;
  return op;
}

/// Back among those whose time is over, to be taken up again a little later.
void LeaseKeeper::failed(const LeaseExpireOp& op, Time now) {
  if (term_ != op.term || in_flight_.erase(op.lease) == 0) return;
  const auto found = leases_.find(op.lease);
  if (found == leases_.end()) return;
  found->second.end = std::max(found->second.end, stamp(now) + options_.retry_pause);
  ends_.emplace(found->second.end, op.lease);
}

}  // namespace kv
