#include "libraft/core/invariants.h"

namespace raft {
namespace {

std::optional<std::string> broken_in_leader(const Leader& leader, const Core& core) {
  for (const auto& [peer, progress] : leader.peers) {
    if (progress.match() >= progress.next()) return "a peer's match is not below its next";
    if (progress.match() > core.log().last().index) return "a peer matches beyond the leader's log";
  }
  if (core.log().last().index < leader.first_of_term) return "the no-op of the leader's term is gone";
  std::uint64_t round = 0;
  for (const PendingRead& read : leader.reads) {
    if (read.round < round) return "pending reads are not in order of their rounds";
    round = read.round;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_invariant(const Core& core) {
  const CoreStatus status = core.status();
  if (status.commit > status.last.index) return "commit index beyond the log";
  if (status.durable > status.last.index) return "durable index beyond the log";
  if (status.last.term > status.term) return "an entry's term is above the current term";
  if (core.log().base().index > status.commit) return "uncommitted entries were compacted";
  if (const auto* leader = std::get_if<Leader>(&core.role())) return broken_in_leader(*leader, core);
  return std::nullopt;
}

std::optional<std::string> broken_transition(const CoreStatus& before, const CoreStatus& after) {
  if (after.term < before.term) return "the term went back";
  if (after.commit < before.commit) return "the commit index went back";
  if (after.term == before.term && before.leader && after.leader && after.leader != before.leader) {
    return "two leaders in one term";
  }
  const bool led = before.role == RoleName::kLeader && after.role == RoleName::kLeader;
  if (led && after.term == before.term && after.last.index < before.last.index)
    return "a leader cut its own log";
  return std::nullopt;
}

}  // namespace raft
