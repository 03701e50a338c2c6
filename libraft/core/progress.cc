#include "libraft/core/progress.h"

#include <algorithm>

#include "libraft/base/check.h"

namespace raft {

bool Progress::may_send(const CoreOptions& options) const {
  if (reading_log || awaits_snapshot_) return false;
  if (probing_) return !awaiting_;
  return flights_.size() < options.inflight_messages_max && flight_bytes_ < options.inflight_bytes_max;
}

void Progress::sent(Index last, std::size_t bytes) {
  RAFT_CHECK(last >= next_);
  if (probing_) {
    awaiting_ = true;  // next stays: only the answer moves a probe
    return;
  }
  next_ = last.next();
  flights_.push_back({last, bytes});
  flight_bytes_ += bytes;
}

bool Progress::accepted(Index match) {
  while (!flights_.empty() && flights_.front().last <= match) {
    flight_bytes_ -= flights_.front().bytes;
    flights_.pop_front();
  }
  if (awaits_snapshot_) return false;  // an old answer; what counts now is the snapshot's
  if (probing_ && match.next() >= next_) {
    probing_ = false;
    awaiting_ = false;
  }
  const bool news = match > match_;
  match_ = std::max(match_, match);
  next_ = std::max(next_, match.next());
  return news;
}

bool Progress::rejected(Index rejected_previous, Index retry_next) {
  if (awaits_snapshot_) return false;
  const bool stale = rejected_previous <= match_ || (probing_ && rejected_previous != next_.previous()) ||
                     rejected_previous >= next_;
  if (stale) return false;
  probing_ = true;
  awaiting_ = false;
  flights_.clear();
  flight_bytes_ = 0;
  next_ = std::max(match_.next(), std::min(retry_next, rejected_previous));
  return true;
}

void Progress::begin_snapshot() {
  awaits_snapshot_ = true;
  probing_ = true;
  awaiting_ = false;
  flights_.clear();
  flight_bytes_ = 0;
}

void Progress::end_snapshot(std::optional<Index> match) {
  if (!awaits_snapshot_) return;
  awaits_snapshot_ = false;
  awaiting_ = !match;
  if (match) accepted(*match);
}

}  // namespace raft
