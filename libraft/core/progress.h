// What a leader knows of one peer's log, and how much it may send ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "libraft/core/options.h"
#include "libraft/core/types.h"

namespace raft {

/// One peer, as seen by the leader. Starts by probing for the place where the logs agree, one message at a
/// time; from the first agreement on it replicates ahead of the answers, within the limits on messages and
/// bytes in flight.
class Progress {
 public:
  explicit Progress(Index leader_last) : next_(leader_last.next()) {}

  [[nodiscard]] Index match() const { return match_; }
  [[nodiscard]] Index next() const { return next_; }
  [[nodiscard]] bool probing() const { return probing_; }
  /// True while a snapshot is on its way there; no entries are sent meanwhile.
  [[nodiscard]] bool awaits_snapshot() const { return awaits_snapshot_; }
  /// True when every entry sent was answered.
  [[nodiscard]] bool idle() const { return !probing_ && flights_.empty(); }
  /// True when another AppendEntries with entries may go out now.
  [[nodiscard]] bool may_send(const CoreOptions& options) const;

  /// Entries up to `last`, of `bytes` payload, went out.
  void sent(Index last, std::size_t bytes);
  /// A message without entries went out that asks whether next - 1 matches.
  void probed() { awaiting_ = probing_; }
  /// The peer's log equals the leader's up to `match`. True when that is news.
  bool accepted(Index match);
  /// The peer's log does not hold the entry before `rejected_next`: go on below, from `retry_next`. False
  /// when the rejection is old news.
  bool rejected(Index rejected_previous, Index retry_next);
  /// The peer needs a state instead of entries.
  void begin_snapshot();
  /// The state is there, or its way has failed: then the next heartbeat's answer starts another try.
  void end_snapshot(std::optional<Index> match);
  /// The peer answered a heartbeat: a lost probe may be sent again.
  void answered_heartbeat() { awaiting_ = false; }

  /// A read of old entries from disk is under way for this peer.
  bool reading_log = false;
  /// The peer has said something since the last check-quorum.
  bool active = true;
  /// A heartbeat went out whose answer may show that entries were lost on the way.
  bool recheck_due = false;
  /// The newest read round this peer has confirmed.
  std::uint64_t round = 0;
  /// The newest commit index this peer was told.
  Index commit_sent;

 private:
  struct Flight {
    Index last;
    std::size_t bytes;
  };

  Index match_;
  Index next_;
  bool probing_ = true;
  bool awaiting_ = false;  // a probe is unanswered
  bool awaits_snapshot_ = false;
  std::deque<Flight> flights_;
  std::size_t flight_bytes_ = 0;
};

}  // namespace raft
