// What can happen to a core. None of these but Received comes from another member.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

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

using Event = std::variant<Tick, Propose, ReadIndex, Received, Persisted, LogRead, TransferLeadership>;

}  // namespace raft
