// What a core wants done. Values, with their preconditions: order is a field, not a rule in a comment.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libraft/core/message.h"
#include "libraft/core/types.h"

namespace raft {

/// Make this durable, in one atomic step, then answer Persisted{sequence}. Steps are made durable in order.
struct Persist {
  std::uint64_t sequence = 0;
  std::optional<HardState> hard_state;
  /// The log begins after this entry from now on: what is before it goes; everything goes when the log does
  /// not hold it. Comes before `entries`.
  std::optional<EntryId> base;
  std::vector<Entry> entries;  ///< from the first one on, whatever the log held is replaced
};

/// Send `message` once Persist number `after` is durable; 0: at once (thesis 3.8, 10.2.1).
struct Send {
  NodeId to;
  Message message;
  std::uint64_t after = 0;
};

/// Read entries [first, last], up to bytes_max, for `peer`, who lags behind the entries in memory.
struct ReadLog {
  NodeId peer;
  Index first;
  Index last;
  std::size_t bytes_max = 0;
};

/// Reads of ReadIndex `id` may be served once the state machine has applied `index`.
struct ReadReady {
  std::uint64_t id = 0;
  Index index;
};

enum class RoleName : std::uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

/// What everyone outside may know of a core.
struct CoreStatus {
  RoleName role = RoleName::kFollower;
  Term term;
  std::optional<NodeId> leader;
  Index commit;
  Index durable;
  EntryId last;
  Index base;  ///< the entry before the first that the log keeps
  bool operator==(const CoreStatus&) const = default;
};

/// Everything that one step asks for.
struct Effects {
  std::optional<Persist> persist;
  std::vector<Send> sends;
  std::vector<ReadLog> log_reads;
  std::vector<ReadReady> reads_ready;
  /// Reads whose leader was lost before it answered; ask again.
  std::vector<std::uint64_t> reads_failed;
  /// Proposals that found no leader to take them: certainly not in the log. Propose again when there is one.
  std::vector<SharedBytes> refused;
  /// Peers that need entries which the log does not keep any more: send each a snapshot, answer
  /// SnapshotEnded.
  std::vector<NodeId> snapshots;
  /// The Restore of this step was taken: once `persist` is durable, go over to that state. Without it the
  /// state received is of no use.
  std::optional<EntryId> restored;
  /// Entries up to here are committed and durable on this member: apply them.
  Index apply;
};

}  // namespace raft
