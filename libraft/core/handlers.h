// One function an event and a role; each gets only what it may change and returns the role to change to.
#pragma once

#include <cstdint>
#include <vector>

#include "libraft/core/event.h"
#include "libraft/core/roles.h"
#include "libraft/core/shared.h"

namespace raft {

// votes.cc: the same for every role.
/// Figure 2, RequestVote receiver; §5.4.1; thesis 9.6 for the pre-vote. `settled`: this member leads or has
/// heard its leader within an election timeout, and so helps nobody to unseat it (thesis 6.2, 9.6).
Next answer_vote(Shared& shared, NodeId from, const RequestVote& request, bool settled);

// follower.cc
Next on_tick(Follower& follower, Shared& shared);
Next on_propose(Follower& follower, Shared& shared, std::vector<SharedBytes> payloads);
Next on_read(Follower& follower, Shared& shared, std::uint64_t id);
Next on_append(Follower& follower, Shared& shared, NodeId from, AppendEntries&& append);
Next on_read_reply(Follower& follower, Shared& shared, const ReadIndexReply& reply);
Next on_timeout_now(Follower& follower, Shared& shared);
/// True while the leader was heard within the shortest election timeout.
bool hears_leader(const Follower& follower, const Shared& shared);

// candidate.cc
enum class Campaign : std::uint8_t { kPreVote, kElection, kTransfer };
/// Asks everyone for their vote; may win at once when this member is the only voter.
Role campaign(Shared& shared, Campaign kind);
Next on_tick(Candidate& candidate, Shared& shared);
Next on_vote(Candidate& candidate, Shared& shared, NodeId from, const VoteReply& reply);

// leader.cc: what a leader does of itself.
Role make_leader(Shared& shared);
Next on_tick(Leader& leader, Shared& shared);
Next on_propose(Leader& leader, Shared& shared, std::vector<SharedBytes> payloads);
/// `from`: the follower that asked; nothing for this member's own clients.
Next on_read(Leader& leader, Shared& shared, std::uint64_t id, std::optional<NodeId> from);
Next on_transfer(Leader& leader, Shared& shared, const TransferLeadership& wish);
Next on_snapshot_ended(Leader& leader, const SnapshotEnded& ended);
/// The end of a step: commits, confirms reads, and sends every peer what it may be sent.
Next flush(Leader& leader, Shared& shared);

// leader_membership.cc: a leader and the configurations (§6).
/// Proposes the next configuration when one is due and none is under way.
void steer_membership(Leader& leader, Shared& shared);
/// True when the log of `id` is known to be at most options.caught_up_entries behind.
bool in_sync(const Leader& leader, const Shared& shared, NodeId id);
/// The same, and it answers.
bool caught_up(const Leader& leader, const Shared& shared, NodeId id);
/// Knows exactly the peers of the configuration that counts.
void adopt_peers(Leader& leader, Shared& shared);
/// True once the leader has committed a configuration without itself: its last act is done.
bool removed(const Shared& shared);
/// Tells everyone the last commit index and lets the voter that is furthest along campaign at once.
void take_leave(Leader& leader, Shared& shared);
/// The active voter that is furthest along.
std::optional<NodeId> best_successor(const Leader& leader, const Shared& shared);

// leader_replies.cc: what peers and the disk answer to a leader.
Next on_reply(Leader& leader, Shared& shared, NodeId from, const AppendReply& reply);
Next on_log_read(Leader& leader, Shared& shared, LogRead&& read);
/// Sends `peer` new entries, or a probe, as far as its window allows.
void replicate(Progress& progress, Shared& shared, NodeId peer, std::uint64_t round);
/// An AppendEntries without entries, from the last place known to match.
void send_heartbeat(Progress& progress, Shared& shared, NodeId peer, std::uint64_t round);

}  // namespace raft
