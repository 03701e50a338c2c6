// The three roles. What only one role knows lives in that role, so it cannot be stale in another.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "libraft/core/progress.h"
#include "libraft/core/types.h"

namespace raft {

struct Follower {
  std::optional<NodeId> leader;
  std::uint32_t elapsed_ticks = 0;  ///< since the leader was heard or a vote given
  std::uint32_t timeout_ticks = 0;
  std::vector<std::uint64_t> reads;  ///< this member's ReadIndex ids that the leader was asked for
};

/// Campaigning; with `pre_vote`, only asking whether a campaign would succeed (thesis 9.6).
struct Candidate {
  bool pre_vote = false;
  bool transfer = false;  ///< the leader asked for it: leader stickiness does not apply
  std::map<NodeId, bool> votes;
  std::uint32_t elapsed_ticks = 0;
  std::uint32_t timeout_ticks = 0;
};

/// A read that waits until a quorum confirms, in `round` or later, that this leader still leads.
struct PendingRead {
  std::uint64_t id = 0;
  std::optional<NodeId> from;  ///< the follower that asked; nothing: this member itself
  Index index;
  std::uint64_t round = 0;
};

struct Transfer {
  NodeId target;
  std::uint32_t elapsed_ticks = 0;
  bool told = false;  ///< TimeoutNow is out
};

/// What lets a leader answer reads without asking (thesis 6.4.1): when each read round began.
struct Lease {
  std::uint64_t tick = 0;                                      ///< of this reign
  std::deque<std::pair<std::uint64_t, std::uint64_t>> rounds;  ///< round and tick; ascending, few
  std::optional<std::uint64_t> confirmed_tick;                 ///< when the newest confirmed round began
};

/// How long the oldest disk write has been under way.
struct DiskWatch {
  std::optional<std::uint64_t> write;
  std::uint32_t ticks = 0;
};

struct Leader {
  std::map<NodeId, Progress> peers;
  Index first_of_term;                   ///< the no-op; committed entries at or after it prove the term (§8)
  std::uint32_t heartbeat_ticks = 0;     ///< since the last heartbeat
  std::uint32_t quorum_ticks = 0;        ///< since the last check-quorum
  std::uint64_t round = 0;               ///< the newest read round asked of the peers
  bool round_due = false;                ///< reads arrived in this step: start a round at its end
  std::vector<PendingRead> reads;        ///< ascending by round
  std::vector<PendingRead> early_reads;  ///< wait for the first commit of this term
  std::optional<Transfer> transfer;
  /// A TimeoutNow of this reign is out. It may arrive at any time, and who gets it needs no patience of the
  /// voters: no lease from here on.
  bool offered = false;
  std::optional<NodeId> outranked_by;  ///< a voter in sync that should rather lead
  std::uint64_t outranked_ticks = 0;   ///< for how long it has been that one
  Lease lease;
  DiskWatch disk;
};

using Role = std::variant<Follower, Candidate, Leader>;
/// The role to change to; nothing: stay. Only core.cc assigns it.
using Next = std::optional<Role>;

}  // namespace raft
