// The byte in front of each message.
#pragma once

#include <cstdint>
#include <variant>

#include "libraft/core/message.h"

namespace raft {

/// On the wire: never renumbered.
enum class MessageKind : std::uint8_t {
  kRequestVote = 1,
  kVoteReply = 2,
  kAppendEntries = 3,
  kAppendReply = 4,
  kTimeoutNow = 5,
  kForwardProposals = 6,
  kReadIndexRequest = 7,
  kReadIndexReply = 8,
  kSnapshotChunk = 9,
  kSnapshotAck = 10,
  kServiceNote = 11,
  kElectionPriority = 12,
};

static_assert(std::variant_size_v<Message> == 12,
              "a new message needs a kind, a layout and a line in FORMAT.md");

/// The version of the peer protocol that brought it: peers that speak less are not sent it.
inline std::uint32_t version_of(const Message& message) {
  return std::holds_alternative<ElectionPriority>(message) ? 2 : 1;
}

}  // namespace raft
