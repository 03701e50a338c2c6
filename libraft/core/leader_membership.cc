#include "libraft/base/mutant.h"
#include "libraft/core/handlers.h"
#include "libraft/core/reconfigure.h"

namespace raft {
namespace {

/// One change at a time, and none before an entry of this term is committed: else two majorities that do not
/// meet could each commit a change.
bool may_change(const Leader& leader, const Shared& shared) {
  const bool own_commit = shared.commit >= leader.first_of_term || RAFT_MUTANT(kConfigurationBeforeNoop);
  return !leader.transfer && own_commit && shared.configurations.newest().index <= shared.commit;
}

}  // namespace

bool in_sync(const Leader& leader, const Shared& shared, NodeId id) {
  if (id == shared.self) return true;
  const auto peer = leader.peers.find(id);
  if (peer == leader.peers.end() || peer->second.probing()) return false;
  return peer->second.match() + shared.options.caught_up_entries >= shared.log.last().index;
}

bool caught_up(const Leader& leader, const Shared& shared, NodeId id) {
  if (id == shared.self) return true;
  return in_sync(leader, shared, id) && leader.peers.at(id).active;
}

void steer_membership(Leader& leader, Shared& shared) {
  if (!may_change(leader, shared)) return;
  std::optional<Membership> next;
  if (RAFT_MUTANT(kJointNeverLeft) && shared.membership().joint()) return;
  if (shared.membership().joint()) {
    next = left_joint(shared.membership());
  } else if (shared.target) {
    next = next_membership(shared.membership(), *shared.target,
                           [&](NodeId id) { return caught_up(leader, shared, id); });
  }
  if (!next) return;
  shared.append(Entry{.index = shared.log.last().index.next(),
                      .term = shared.term(),
                      .type = EntryType::kConfiguration,
                      .payload = std::make_shared<const std::string>(encode_membership(*next))});
  adopt_peers(leader, shared);
}

void adopt_peers(Leader& leader, Shared& shared) {
  const std::vector<NodeId> peers = shared.membership().peers_of(shared.self);
  std::erase_if(leader.peers, [&](const auto& known) {
    return !std::binary_search(peers.begin(), peers.end(), known.first);
  });
  for (NodeId peer : peers) leader.peers.try_emplace(peer, Progress(shared.log.last().index));
}

bool removed(const Shared& shared) {
  return shared.configurations.newest().index <= shared.commit && !shared.membership().is_voter(shared.self);
}

std::optional<NodeId> best_successor(const Leader& leader, const Shared& shared) {
  std::optional<NodeId> best;
  Index furthest;
  for (const auto& [peer, progress] : leader.peers) {
    if (!shared.membership().is_voter(peer) || !progress.active) continue;
    if (best && progress.match() <= furthest) continue;
    best = peer;
    furthest = progress.match();
  }
  return best;
}

void take_leave(Leader& leader, Shared& shared) {
  for (auto& [peer, progress] : leader.peers) send_heartbeat(progress, shared, peer, leader.round);
  if (const auto successor = best_successor(leader, shared)) {
    shared.send(*successor, TimeoutNow{shared.term()}, When::kNow);
  }
}

}  // namespace raft
