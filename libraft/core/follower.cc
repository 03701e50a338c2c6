#include <algorithm>
#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"
#include "libraft/core/handlers.h"

namespace raft {
namespace {

/// §5.3 step 2 failed: tell the leader where the logs could still agree.
void reject(Shared& shared, NodeId from, const AppendEntries& append) {
  const EntryId hint = shared.log.newest_at_most(append.previous.index, append.previous.term);
  shared.send(from,
              AppendReply{.term = shared.term(),
                          .success = false,
                          .match = append.previous.index,
                          .hint = hint,
                          .round = append.round},
              When::kDurable);
}

/// §5.3 steps 3 and 4: skips what the log already has, replaces what conflicts.
void take_entries(Shared& shared, std::vector<Entry>& entries) {
  auto fresh = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return shared.log.term_at(entry.index) != std::optional<Term>(entry.term);
  });
  if (RAFT_MUTANT(kTruncateAlways)) fresh = entries.begin();
  if (RAFT_MUTANT(kKeepConflicts)) {
    fresh = std::find_if(entries.begin(), entries.end(),
                         [&](const Entry& entry) { return entry.index > shared.log.last().index; });
  }
  if (fresh == entries.end()) return;
  if (fresh->index <= shared.log.last().index) shared.truncate_from(fresh->index);
  for (; fresh != entries.end(); ++fresh) shared.append(std::move(*fresh));
}

/// Old news: up to the commit index both logs are equal already, whatever of them is still kept (§5.4.3).
void skip_committed(AppendEntries& append, Index commit) {
  const auto fresh = std::find_if(append.entries.begin(), append.entries.end(),
                                  [&](const Entry& entry) { return entry.index > commit; });
  if (fresh != append.entries.begin()) {
    const Entry& skipped = *std::prev(fresh);
    append.previous = {skipped.index, skipped.term};
    append.entries.erase(append.entries.begin(), fresh);
  }
}

/// Entries that no correct leader sends: a gap, a term that goes back or beyond the message's own, a
/// configuration that cannot be read.
bool well_formed(const AppendEntries& append) {
  EntryId previous = append.previous;
  for (const Entry& entry : append.entries) {
    if (entry.type == EntryType::kConfiguration && !decode_membership(entry.bytes())) return false;
    if (entry.index != previous.index.next() || entry.term < previous.term || entry.term > append.term)
      return false;
    previous = {entry.index, entry.term};
  }
  return true;
}

}  // namespace

bool hears_leader(const Follower& follower, const Shared& shared) {
  return follower.leader && follower.elapsed_ticks < shared.options.election_ticks;
}

Next on_tick(Follower& follower, Shared& shared) {
  ++follower.elapsed_ticks;
  const bool alone = shared.membership().peers_of(shared.self).empty();
  const bool due =
      follower.elapsed_ticks >= follower.timeout_ticks + deferral_ticks(shared, follower.leader) || alone;
  if (!shared.campaigns() || !due) return std::nullopt;
  return campaign(shared, shared.options.pre_vote ? Campaign::kPreVote : Campaign::kElection);
}

Next on_propose(Follower& follower, Shared& shared, std::vector<SharedBytes> payloads) {
  if (follower.leader) {
    shared.send(*follower.leader, ForwardProposals{shared.term(), std::move(payloads)}, When::kNow);
  } else {
    auto& refused = shared.out.refused;
    refused.insert(refused.end(), std::make_move_iterator(payloads.begin()),
                   std::make_move_iterator(payloads.end()));
  }
  return std::nullopt;
}

Next on_read(Follower& follower, Shared& shared, std::uint64_t id) {
  if (!follower.leader || follower.reads.size() >= shared.options.reads_max) {
    shared.out.reads_failed.push_back(id);
    return std::nullopt;
  }
  follower.reads.push_back(id);
  shared.send(*follower.leader, ReadIndexRequest{shared.term(), id}, When::kNow);
  return std::nullopt;
}

Next on_append(Follower& follower, Shared& shared, NodeId from, AppendEntries&& append) {
  follower.leader = from;
  follower.elapsed_ticks = 0;
  if (shared.options.lease_reads) shared.promised_ticks = shared.options.election_ticks;
  if (!well_formed(append)) return std::nullopt;
  if (append.previous.index < shared.commit) {
    skip_committed(append, shared.commit);
  } else if (!shared.log.matches(append.previous) &&
             !(RAFT_MUTANT(kSkipLogMatching) && append.previous.index <= shared.log.last().index)) {
    reject(shared, from, append);
    return std::nullopt;
  }
  const Index match = append.previous.index + append.entries.size();
  const bool heartbeat = append.entries.empty();
  take_entries(shared, append.entries);
  shared.commit_to(
      std::min(append.commit, RAFT_MUTANT(kCommitBeyondMatch) ? shared.log.last().index : match));
  AppendReply reply{
      .term = shared.term(), .success = true, .match = match, .hint = {}, .round = append.round};
  // A heartbeat's answer confirms leadership and must not wait for the disk; so it claims only what is
  // durable.
  if (heartbeat && !RAFT_MUTANT(kHeartbeatMatchUnsynced)) reply.match = std::min(match, shared.durable);
  shared.send(from, reply, heartbeat ? When::kNow : When::kDurable);
  return std::nullopt;
}

Next on_read_reply(Follower& follower, Shared& shared, const ReadIndexReply& reply) {
  if (std::erase(follower.reads, reply.id) > 0)
    shared.out.reads_ready.push_back({reply.id, RAFT_MUTANT(kReadServedEarly) ? Index() : reply.index});
  return std::nullopt;
}

Next on_timeout_now(Follower& /*follower*/, Shared& shared) {
  if (!shared.campaigns()) return std::nullopt;
  return campaign(shared, Campaign::kTransfer);
}

}  // namespace raft
