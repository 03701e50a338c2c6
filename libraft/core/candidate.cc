#include <utility>

#include "libraft/core/handlers.h"
#include "libraft/core/quorum.h"

namespace raft {
namespace {

/// What the votes so far decide: the next role when they do.
Next count(Candidate& candidate, Shared& shared) {
  const auto voted = [&](NodeId id, bool wanted) {
    const auto vote = candidate.votes.find(id);
    return vote != candidate.votes.end() && vote->second == wanted;
  };
  if (quorum_of(shared.membership(), [&](NodeId id) { return voted(id, true); })) {
    return candidate.pre_vote ? campaign(shared, Campaign::kElection) : make_leader(shared);
  }
  // Lost when not even all open votes together could win.
  if (!quorum_of(shared.membership(), [&](NodeId id) { return !voted(id, false); })) {
    return make_follower(shared, std::nullopt);
  }
  return std::nullopt;
}

}  // namespace

Role campaign(Shared& shared, Campaign kind) {
  Candidate candidate;
  candidate.pre_vote = kind == Campaign::kPreVote;
  candidate.transfer = kind == Campaign::kTransfer;
  candidate.timeout_ticks = shared.draw_timeout();
  candidate.votes[shared.self] = true;
  if (!candidate.pre_vote) {
    shared.enter_term(shared.term().next());
    shared.vote_for(shared.self);
  }
  const Term asked = candidate.pre_vote ? shared.term().next() : shared.term();
  for (NodeId peer : shared.membership().peers_of(shared.self)) {
    if (!shared.membership().is_voter(peer)) continue;
    shared.send(peer, RequestVote{asked, candidate.pre_vote, candidate.transfer, shared.log.last()},
                When::kDurable);
  }
  Next decided = count(candidate, shared);
  return decided ? std::move(*decided) : Role(std::move(candidate));
}

Next on_tick(Candidate& candidate, Shared& shared) {
  if (++candidate.elapsed_ticks < candidate.timeout_ticks + deferral_ticks(shared, std::nullopt))
    return std::nullopt;
  return campaign(shared, shared.options.pre_vote ? Campaign::kPreVote : Campaign::kElection);
}

Next on_vote(Candidate& candidate, Shared& shared, NodeId from, const VoteReply& reply) {
  if (reply.pre_vote != candidate.pre_vote) return std::nullopt;
  const Term asked = candidate.pre_vote ? shared.term().next() : shared.term();
  if (reply.granted && reply.term != asked) return std::nullopt;  // of an earlier campaign
  candidate.votes.emplace(from, reply.granted);
  return count(candidate, shared);
}

}  // namespace raft
