#include <algorithm>
#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/core/handlers.h"
#include "libraft/core/quorum.h"

namespace raft {
namespace {

/// Figure 2, leaders, last rule: only an entry of the current term is committed by counting (§5.4.2).
void advance_commit(Leader& leader, Shared& shared) {
  const Index reached{quorum_value(shared.membership, [&](NodeId id) {
    if (id == shared.self) return shared.durable.value();
    const auto peer = leader.peers.find(id);
    return peer == leader.peers.end() ? 0 : peer->second.match().value();
  })};
  if (reached > shared.commit && shared.log.term_at(reached) == std::optional<Term>(shared.term())) {
    shared.commit_to(reached);
  }
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
  if (leader.reads.empty()) return;
  const std::uint64_t confirmed = quorum_value(shared.membership, [&](NodeId id) {
    if (id == shared.self) return leader.round;
    const auto peer = leader.peers.find(id);
    return peer == leader.peers.end() ? 0 : peer->second.round;
  });
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

bool check_quorum(Leader& leader, Shared& shared) {
  const bool alive = quorum_of(shared.membership, [&](NodeId id) {
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
  shared.send(leader.transfer->target, TimeoutNow{shared.term()}, When::kNow);
}

}  // namespace

Role make_leader(Shared& shared) {
  Leader leader;
  for (NodeId peer : shared.membership.peers_of(shared.self)) {
    leader.peers.emplace(peer, Progress(shared.log.last().index));
  }
  leader.first_of_term = shared.log.last().index.next();
  shared.append(Entry{leader.first_of_term, shared.term(), EntryType::kNoop, nullptr});
  return leader;
}

Next on_tick(Leader& leader, Shared& shared) {
  if (++leader.quorum_ticks >= shared.options.election_ticks) {
    leader.quorum_ticks = 0;
    if (!check_quorum(leader, shared) && shared.options.check_quorum)
      return make_follower(shared, std::nullopt);
  }
  if (leader.transfer && ++leader.transfer->elapsed_ticks >= shared.options.election_ticks)
    leader.transfer.reset();
  if (++leader.heartbeat_ticks >= shared.options.heartbeat_ticks) {
    leader.heartbeat_ticks = 0;
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
  if (shared.commit < leader.first_of_term) {
    leader.early_reads.push_back(read);
    return std::nullopt;
  }
  leader.reads.push_back(read);
  leader.round_due = true;
  return std::nullopt;
}

Next on_transfer(Leader& leader, Shared& shared, const TransferLeadership& wish) {
  std::optional<NodeId> target = wish.target;
  if (!target) {
    Index best;
    for (const auto& [peer, progress] : leader.peers) {
      const bool better = !target || progress.match() > best;
      if (!shared.membership.is_voter(peer) || !progress.active || !better) continue;
      target = peer;
      best = progress.match();
    }
  }
  if (!target || !leader.peers.contains(*target) || !shared.membership.is_voter(*target)) return std::nullopt;
  leader.transfer = Transfer{*target};
  return std::nullopt;
}

void flush(Leader& leader, Shared& shared) {
  advance_commit(leader, shared);
  admit_early_reads(leader, shared);
  if (std::exchange(leader.round_due, false)) {
    ++leader.round;
    for (auto& [peer, progress] : leader.peers) {
      if (shared.membership.is_voter(peer)) send_heartbeat(progress, shared, peer, leader.round);
    }
  }
  answer_confirmed_reads(leader, shared);
  for (auto& [peer, progress] : leader.peers) replicate(progress, shared, peer, leader.round);
  press_transfer(leader, shared);
}

}  // namespace raft
