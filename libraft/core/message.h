// What members say to each other. One struct a message; local events are other types and cannot arrive here.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "libraft/core/types.h"

namespace raft {

/// §5.2, §5.4.1; with pre_vote, thesis 9.6: asks whether a vote would be given, binds nobody.
struct RequestVote {
  Term term;  ///< the term campaigned for; in a pre-vote the sender's term + 1
  bool pre_vote = false;
  bool transfer =
      false;     ///< the leader asked for this election: leader stickiness does not apply (thesis 3.10)
  EntryId last;  ///< the candidate's last entry

  bool operator==(const RequestVote&) const = default;
};

/// Answer to RequestVote. A rejection carries the voter's own term, so that a stale candidate learns it.
struct VoteReply {
  Term term;  ///< granted: the term voted in (or, pre-vote, asked for); rejected: the voter's term
  bool pre_vote = false;
  bool granted = false;

  bool operator==(const VoteReply&) const = default;
};

/// §5.3. Without entries it is the heartbeat.
struct AppendEntries {
  Term term;
  EntryId previous;            ///< the entry right before `entries`
  Index commit;                ///< the leader's commit index
  std::uint64_t round = 0;     ///< the leader's read round; echoed, it confirms leadership (§8, thesis 6.4)
  std::vector<Entry> entries;  ///< contiguous from previous.index + 1
};

/// Answer to AppendEntries.
struct AppendReply {
  Term term;
  bool success = false;
  Index match;  ///< success: the last index known equal to the leader's and durable here; else previous.index
  /// Rejected: the newest place in this log that could still match (the follower's last entry with a term not
  /// above the leader's previous.term); the leader probes there or below.
  EntryId hint;
  std::uint64_t round = 0;

  bool operator==(const AppendReply&) const = default;
};

/// Thesis 3.10: campaign at once, without pre-vote.
struct TimeoutNow {
  Term term;

  bool operator==(const TimeoutNow&) const = default;
};

/// Proposals that a follower passes to the leader. They may be lost; the proposer's deadline covers that.
struct ForwardProposals {
  Term term;  ///< the sender's; informative, never makes a node step down
  std::vector<SharedBytes> payloads;
};

/// A follower asks the leader for a read index for everything it has waiting (§8).
struct ReadIndexRequest {
  Term term;             ///< the sender's; informative
  std::uint64_t id = 0;  ///< chosen by the sender; echoed

  bool operator==(const ReadIndexRequest&) const = default;
};

/// The leader's answer once its leadership is confirmed: reads at or after `index` are linearizable.
struct ReadIndexReply {
  Term term;
  std::uint64_t id = 0;
  Index index;

  bool operator==(const ReadIndexReply&) const = default;
};

/// A piece of a state (§7, InstallSnapshot): the bytes of one snapshot, cut into numbered chunks.
struct SnapshotChunk {
  Term term;
  std::uint64_t transfer = 0;  ///< chosen by the sender, unlike any earlier one of its
  EntryId last;                ///< where the state ends
  std::uint64_t number = 0;    ///< from 0
  SharedBytes bytes;           ///< null: there is no more; `number` counts the chunks before
};

/// Answer to SnapshotChunk.
struct SnapshotAck {
  enum class Verdict : std::uint8_t {
    kGoOn = 0,       ///< chunks before `next` are kept; send `next`
    kInstalled = 1,  ///< the state counts here, durably
    kRefused = 2,    ///< it is of no use here: stop
  };
  Term term;
  std::uint64_t transfer = 0;
  std::uint64_t next = 0;
  Verdict verdict = Verdict::kGoOn;

  bool operator==(const SnapshotAck&) const = default;
};

/// A word between the services on top of two members, which consensus only carries. It may be lost.
struct ServiceNote {
  Term term;  ///< the sender's; informative
  SharedBytes bytes;
};

/// The sender would rather lead than voters with less (core/priority.h). Said again and again; may be lost.
struct ElectionPriority {
  Term term;  ///< the sender's; informative
  std::uint8_t priority = 0;

  bool operator==(const ElectionPriority&) const = default;
};

using Message =
    std::variant<RequestVote, VoteReply, AppendEntries, AppendReply, TimeoutNow, ForwardProposals,
                 ReadIndexRequest, ReadIndexReply, SnapshotChunk, SnapshotAck, ServiceNote, ElectionPriority>;

/// The term a message was sent in.
inline Term term_of(const Message& message) {
  return std::visit([](const auto& m) { return m.term; }, message);
}

}  // namespace raft
