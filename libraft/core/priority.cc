#include "libraft/core/priority.h"

#include <algorithm>

#include "libraft/core/handlers.h"

namespace raft {
namespace {

/// All in election timeouts.
constexpr std::uint64_t kPatience = 2;
constexpr std::uint64_t kModesty = 64;
constexpr std::uint64_t kPeace = 1024;
/// The patience is doubled at most so often.
constexpr std::uint32_t kDoublingsMax = 7;
static_assert((kPatience << kDoublingsMax) < kPeace);
constexpr std::uint32_t kDeferralsMax = 2;

std::uint8_t own_priority(const Shared& shared) {
  return shared.tick < shared.priorities.modest_until ? 0 : shared.options.election_priority;
}

/// What it said within the last election timeout; 0 when that is nothing.
std::uint8_t priority_of(const Shared& shared, NodeId id) {
  const auto said = shared.priorities.said.find(id);
  if (said == shared.priorities.said.end()) return 0;
  const bool lately = shared.tick - said->second.at_tick <= shared.options.election_ticks;
  return lately && is_in(shared.membership().voters, id) ? said->second.priority : 0;
}

/// Nothing under way that a hand-over would disturb, and all that leaders before this one left is settled.
bool at_rest(const Leader& leader, const Shared& shared) {
  return !leader.transfer && shared.commit >= leader.first_of_term && !shared.membership().joint() &&
         shared.configurations.newest().index <= shared.commit;
}

/// The voter with the highest priority above this member's own, if its log keeps up.
std::optional<NodeId> preferred(const Leader& leader, const Shared& shared) {
  std::optional<NodeId> best;
  std::uint8_t highest = own_priority(shared);
  for (const auto& [id, said] : shared.priorities.said) {
    const std::uint8_t priority = priority_of(shared, id);
    if (priority <= highest || !in_sync(leader, shared, id)) continue;
    best = id;
    highest = priority;
  }
  return best;
}

std::uint64_t patience_ticks(const Shared& shared) {
  const Priorities& known = shared.priorities;
  const std::uint64_t election = shared.options.election_ticks;
  const bool peace = shared.tick - known.tried_at > kPeace * election;
  return election * (kPatience << (peace ? 0 : std::min(known.tries, kDoublingsMax)));
}

}  // namespace

void tick_priorities(Shared& shared) {
  ++shared.tick;
  const std::uint8_t own = own_priority(shared);
  if (own == 0 || shared.tick % shared.options.heartbeat_ticks != 0) return;
  if (!is_in(shared.membership().voters, shared.self)) return;
  for (NodeId peer : shared.membership().peers_of(shared.self)) {
    if (shared.membership().is_voter(peer))
      shared.send(peer, ElectionPriority{shared.term(), own}, When::kNow);
  }
}

void take_priority(Shared& shared, NodeId from, std::uint8_t priority) {
  auto& said = shared.priorities.said;
  std::erase_if(said, [&](const auto& one) { return !shared.membership().is_voter(one.first); });
  if (from != shared.self && shared.membership().is_voter(from)) said[from] = {priority, shared.tick};
}

std::uint32_t deferral_ticks(const Shared& shared, std::optional<NodeId> silent) {
  const std::uint8_t own = own_priority(shared);
  const auto& said = shared.priorities.said;
  const auto above = std::count_if(said.begin(), said.end(), [&](const auto& one) {
    return one.first != silent && priority_of(shared, one.first) > own;
  });
  return std::min(static_cast<std::uint32_t>(above), kDeferralsMax) * shared.options.election_jitter_ticks;
}

void be_modest(Shared& shared) {
  shared.priorities.modest_until = shared.tick + kModesty * shared.options.election_ticks;
}

std::optional<NodeId> preferred_successor(Leader& leader, Shared& shared) {
  if (shared.priorities.said.empty()) return std::nullopt;
  const auto successor = at_rest(leader, shared) ? preferred(leader, shared) : std::nullopt;
  const bool same = successor && successor == leader.outranked_by;
  leader.outranked_by = successor;
  leader.outranked_ticks = same ? leader.outranked_ticks + 1 : 0;
  // Alive in this very moment: a hand-over keeps proposals waiting.
  if (!successor || leader.outranked_ticks < patience_ticks(shared) || !leader.peers.at(*successor).active)
    return std::nullopt;
  Priorities& known = shared.priorities;
  known.tries = shared.tick - known.tried_at > kPeace * shared.options.election_ticks ? 1 : known.tries + 1;
  known.tried_at = shared.tick;
  leader.outranked_ticks = 0;
  return successor;
}

}  // namespace raft
