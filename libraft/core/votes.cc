#include <tuple>

#include "libraft/base/mutant.h"
#include "libraft/core/handlers.h"

namespace raft {
namespace {

/// §5.4.1: the later term wins, then the longer log.
bool at_least_as_new(EntryId candidate, EntryId own) {
  return std::tie(candidate.term, candidate.index) >= std::tie(own.term, own.index);
}

}  // namespace

Next answer_vote(Shared& shared, NodeId from, const RequestVote& request, bool settled) {
  const bool free_to_help = !settled || request.transfer || !shared.options.check_quorum;
  const bool newer = at_least_as_new(request.last, shared.log.last()) || RAFT_MUTANT(kVoteForStaleLog);
  if (request.pre_vote) {
    const bool granted = free_to_help && newer && request.term > shared.term();
    shared.send(from, VoteReply{granted ? request.term : shared.term(), true, granted}, When::kNow);
    return std::nullopt;
  }
  if (request.term < shared.term()) {
    shared.send(from, VoteReply{shared.term(), false, false}, When::kNow);
    return std::nullopt;
  }
  // A newer term that would only unseat a working leader is not entered (thesis 6.2).
  if (request.term > shared.term() && !free_to_help) return std::nullopt;
  Next next;
  if (request.term > shared.term()) {
    shared.enter_term(request.term);
    next = make_follower(shared, std::nullopt);
  }
  const auto& voted_for = shared.hard_state().voted_for;
  const bool granted =
      newer && (next || !settled) && (!voted_for || voted_for == from || RAFT_MUTANT(kVoteTwice));
  if (granted) {
    shared.vote_for(from);
    if (!next) next = make_follower(shared, std::nullopt);
  }
  shared.send(from, VoteReply{shared.term(), false, granted}, When::kDurable);
  return next;
}

}  // namespace raft
