#include <algorithm>
#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"
#include "libraft/core/handlers.h"
#include "libraft/core/quorum.h"

namespace raft {
namespace {

/// Figure 2, leaders, last rule: only an entry of the current term is committed by counting (§5.4.2).
void advance_commit(Leader& leader, Shared& shared) {
  const Index reached{quorum_value(shared.membership(), [&](NodeId id) {
    if (id == shared.self)
      return (RAFT_MUTANT(kCountUnsyncedLeader) ? shared.log.last().index : shared.durable).value();
    const auto peer = leader.peers.find(id);
    return peer == leader.peers.end() ? 0 : peer->second.match().value();
  })};
  if (RAFT_MUTANT(kCommitBeyondMajority)) shared.commit_to(shared.durable);
  const bool own_term = shared.log.term_at(reached) == std::optional<Term>(shared.term());
  if (reached > shared.commit && (own_term || RAFT_MUTANT(kCommitOldTerm))) shared.commit_to(reached);
}

/// Reads that came before the first commit of the term join the next round.
void admit_early_reads(Leader& leader, Shared& shared) {
  if (leader.early_reads.empty() || shared.commit < leader.first_of_term) return;
  for (PendingRead& read : leader.early_reads) {
    read.index = shared.commit;
    read.round = leader.round + 1;
    leader.reads.push_back(read);
  }
  leader.early_reads.clear();
  leader.round_due = true;
}

void answer_confirmed_reads(Leader& leader, Shared& shared) {
  if (leader.reads.empty() && !shared.options.lease_reads) return;
  const std::uint64_t confirmed = quorum_value(shared.membership(), [&](NodeId id) {
    if (id == shared.self) return leader.round;
    const auto peer = leader.peers.find(id);
    return peer == leader.peers.end() ? 0 : peer->second.round;
  });
  while (!leader.lease.rounds.empty() && leader.lease.rounds.front().first <= confirmed) {
    leader.lease.confirmed_tick = leader.lease.rounds.front().second;
    leader.lease.rounds.pop_front();
  }
  auto read = leader.reads.begin();
  for (; read != leader.reads.end() && read->round <= confirmed; ++read) {
    if (read->from) {
      shared.send(*read->from, ReadIndexReply{shared.term(), read->id, read->index}, When::kNow);
    } else {
      shared.out.reads_ready.push_back({read->id, read->index});
    }
  }
  leader.reads.erase(leader.reads.begin(), read);
}

/// Asks the voters to confirm, by an answer, that this leader still leads.
void begin_round(Leader& leader, Shared& shared) {
  ++leader.round;
  if (shared.options.lease_reads) leader.lease.rounds.emplace_back(leader.round, leader.lease.tick);
  for (auto& [peer, progress] : leader.peers) {
    if (shared.membership().is_voter(peer)) send_heartbeat(progress, shared, peer, leader.round);
  }
}

/// Until then no voter helps another to lead: each was heard from after the round began, and sticks to its
/// leader for election_ticks. A tenth is left for clocks that do not run alike. A transfer is exempt from
/// stickiness, so it ends the lease, for good once the other one was told.
bool holds_lease(const Leader& leader, const Shared& shared) {
  const bool leaving = (leader.transfer || leader.offered) && !RAFT_MUTANT(kLeaseInTransfer);
  if (!shared.options.lease_reads || leaving || !leader.lease.confirmed_tick) return false;
  const std::uint64_t age = leader.lease.tick - *leader.lease.confirmed_tick;
  return age * 10 < std::uint64_t{shared.options.election_ticks} * 9 || RAFT_MUTANT(kLeaseForever);
}

/// True when the oldest write has been under way for too long. Counts a tick.
bool disk_stalls(DiskWatch& disk, const Shared& shared) {
  const auto oldest = shared.oldest_write();
  const bool same = oldest && oldest == disk.write;
  disk.write = oldest;
  disk.ticks = same ? disk.ticks + 1 : 0;
  return shared.options.disk_stall_ticks > 0 && disk.ticks >= shared.options.disk_stall_ticks;
}

bool check_quorum(Leader& leader, Shared& shared) {
  const bool alive = quorum_of(shared.membership(), [&](NodeId id) {
    const auto peer = leader.peers.find(id);
    return id == shared.self || (peer != leader.peers.end() && peer->second.active);
  });
  for (auto& [id, progress] : leader.peers) progress.active = false;
  return alive;
}

/// Thesis 3.10: the target campaigns once its log is complete.
void press_transfer(Leader& leader, Shared& shared) {
  if (!leader.transfer || leader.transfer->told) return;
  const auto target = leader.peers.find(leader.transfer->target);
  if (target == leader.peers.end() || target->second.match() != shared.log.last().index) return;
  leader.transfer->told = true;
  leader.offered = true;
  shared.send(leader.transfer->target, TimeoutNow{shared.term()}, When::kNow);
}

}  // namespace

Role make_leader(Shared& shared) {
  Leader leader;
  adopt_peers(leader, shared);
  leader.first_of_term = shared.log.last().index.next();
  if (RAFT_MUTANT(kNoNoop)) leader.first_of_term = shared.log.last().index;
  if (!RAFT_MUTANT(kNoNoop))
    shared.append(Entry{leader.first_of_term, shared.term(), EntryType::kNoop, nullptr});
  return leader;
}

Next on_tick(Leader& leader, Shared& shared) {
  ++leader.lease.tick;
  if (++leader.quorum_ticks >= shared.options.election_ticks) {
    leader.quorum_ticks = 0;
    if (!check_quorum(leader, shared) && shared.options.check_quorum)
      return make_follower(shared, std::nullopt);
  }
  if (leader.transfer && ++leader.transfer->elapsed_ticks >= shared.options.election_ticks)
    leader.transfer.reset();
  if (disk_stalls(leader.disk, shared)) {
    be_modest(shared);
    if (!leader.transfer) on_transfer(leader, shared, {});
  }
  if (const auto successor = preferred_successor(leader, shared)) leader.transfer = Transfer{*successor};
  if (++leader.heartbeat_ticks >= shared.options.heartbeat_ticks) {
    leader.heartbeat_ticks = 0;
    if (shared.options.lease_reads && leader.lease.rounds.size() < shared.options.election_ticks) {
      begin_round(leader, shared);
    }
    for (auto& [peer, progress] : leader.peers) {
      progress.recheck_due = true;
      send_heartbeat(progress, shared, peer, leader.round);
    }
  }
  return std::nullopt;
}

Next on_propose(Leader& leader, Shared& shared, std::vector<SharedBytes> payloads) {
  if (leader.transfer) {
    auto& refused = shared.out.refused;
    refused.insert(refused.end(), std::make_move_iterator(payloads.begin()),
                   std::make_move_iterator(payloads.end()));
    return std::nullopt;
  }
  for (SharedBytes& payload : payloads) {
    shared.append(
        Entry{shared.log.last().index.next(), shared.term(), EntryType::kCommand, std::move(payload)});
  }
  return std::nullopt;
}

Next on_read(Leader& leader, Shared& shared, std::uint64_t id, std::optional<NodeId> from) {
  if (leader.reads.size() + leader.early_reads.size() >= shared.options.reads_max) {
    if (!from) shared.out.reads_failed.push_back(id);
    return std::nullopt;
  }
  PendingRead read{.id = id, .from = from, .index = shared.commit, .round = leader.round + 1};
  if (RAFT_MUTANT(kReadRoundReused)) read.round = leader.round;
  if (RAFT_MUTANT(kReadWithoutRound)) read.round = 0;
  if (shared.commit < leader.first_of_term && !RAFT_MUTANT(kReadBeforeFirstCommit)) {
    leader.early_reads.push_back(read);
    return std::nullopt;
  }
  if (holds_lease(leader, shared)) {
    read.round = 0;  // confirmed already
    leader.reads.insert(leader.reads.begin(), read);
    return std::nullopt;
  }
  leader.reads.push_back(read);
  leader.round_due = true;
  return std::nullopt;
}

Next on_transfer(Leader& leader, Shared& shared, const TransferLeadership& wish) {
  const std::optional<NodeId> target = wish.target ? wish.target : best_successor(leader, shared);
  if (!target || !leader.peers.contains(*target) || !shared.membership().is_voter(*target))
    return std::nullopt;
  leader.transfer = Transfer{*target};
  return std::nullopt;
}

Next on_snapshot_ended(Leader& leader, const SnapshotEnded& ended) {
  const auto peer = leader.peers.find(ended.peer);
  if (peer != leader.peers.end()) peer->second.end_snapshot(ended.match);
  return std::nullopt;
}

Next flush(Leader& leader, Shared& shared) {
  advance_commit(leader, shared);
  if (removed(shared) && !RAFT_MUTANT(kRemovedLeaderStays)) {
    take_leave(leader, shared);
    return make_follower(shared, std::nullopt);
  }
  steer_membership(leader, shared);
  admit_early_reads(leader, shared);
  if (std::exchange(leader.round_due, false)) begin_round(leader, shared);
  answer_confirmed_reads(leader, shared);
  for (auto& [peer, progress] : leader.peers) replicate(progress, shared, peer, leader.round);
  press_transfer(leader, shared);
  return std::nullopt;
}

}  // namespace raft
