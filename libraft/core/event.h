// What can happen to a core. None of these but Received comes from another member.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "libraft/core/membership.h"
#include "libraft/core/message.h"
#include "libraft/core/types.h"

namespace raft {

/// One unit of time has passed. After a pause several may be owed; the driver hands over at most a few.
struct Tick {};

/// This member's clients want these commands in the log.
struct Propose {
  std::vector<SharedBytes> payloads;
};

/// This member's clients wait for a read index; `id` is unused before and comes back in ReadReady or
/// ReadFailed.
struct ReadIndex {
  std::uint64_t id = 0;
};

/// A peer sent this.
struct Received {
  NodeId from;
  Message message;
};

/// Everything up to and including Persist number `sequence` is durable.
struct Persisted {
  std::uint64_t sequence = 0;
};

/// The answer to ReadLog: contiguous entries from the first one asked for.
struct LogRead {
  NodeId peer;
  std::vector<Entry> entries;
};

/// Hand leadership to `target`, or to the voter that is furthest along. Ignored by members that do not lead.
struct TransferLeadership {
  std::optional<NodeId> target;
};

/// The state machine's word on who should be in the cluster; the newest counts, whoever leads acts on it.
struct WantMembership {
  MembershipTarget target;
};

/// Time went by without ticks (a suspend, a stopped process): no promise that rests on ticks holds any more.
struct Paused {};

/// Everything up to `upto` is applied and durable in the state machine: forget those entries.
struct Compact {
  Index upto;
};

/// A whole state that ends at `last` is durable beside the one in use: go on from there (§7).
struct Restore {
  EntryId last;
  Configuration configuration;
};

/// A snapshot for `peer`, asked for by Effects::snapshots, is over: installed up to `match`, or failed.
struct SnapshotEnded {
  NodeId peer;
  std::optional<Index> match;
};

using Event = std::variant<Tick, Propose, ReadIndex, Received, Persisted, LogRead, TransferLeadership,
                           WantMembership, Paused, Compact, Restore, SnapshotEnded>;

}  // namespace raft
