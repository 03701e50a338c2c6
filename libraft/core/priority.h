// Which voter should lead when several could. A preference, never a condition: who is preferred is waited for
// a little, and is handed what it can take; who cannot lead changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "libraft/core/types.h"

namespace raft {

struct Leader;
struct Shared;

/// What one member knows of the others' priorities, and of its own tries to hand over.
/// Times are ticks of this member's life.
struct Priorities {
  struct Said {
    std::uint8_t priority = 0;
    std::uint64_t at_tick = 0;
  };
  std::map<NodeId, Said> said;  ///< of voters only
  /// This member does not ask to lead until then: its disk could not keep up when it did.
  std::uint64_t modest_until = 0;
  /// Hand-overs tried, each of which doubles the time to the next one; forgotten after a long peace.
  std::uint32_t tries = 0;
  std::uint64_t tried_at = 0;
};

/// Counts a tick; tells the voters this member's priority when it is time to.
void tick_priorities(Shared& shared);
/// A peer says what its priority is.
void take_priority(Shared& shared, NodeId from, std::uint8_t priority);
/// How much longer than its timeout this member waits before it campaigns: voters that should rather lead
/// were heard of within the last election timeout. `silent`: the leader that has fallen silent, who is not
/// waited for. At most 2 * options.election_jitter_ticks.
std::uint32_t deferral_ticks(const Shared& shared, std::optional<NodeId> silent);
/// This member's disk is too slow to lead: it does not ask to for a while.
void be_modest(Shared& shared);
/// Counts a tick of a leader: the voter that it should hand over to now, if there is one. It has been in sync
/// and preferred for two election timeouts or more.
std::optional<NodeId> preferred_successor(Leader& leader, Shared& shared);

}  // namespace raft
