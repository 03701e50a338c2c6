#include "libraft/core/core.h"

#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"
#include "libraft/core/handlers.h"

namespace raft {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

void fail_local(std::vector<PendingRead>& reads, std::vector<std::uint64_t>& failed) {
  for (const PendingRead& read : reads) {
    if (!read.from) failed.push_back(read.id);
  }
}

}  // namespace

Core::Core(CoreStart start)
    : shared_(start.self, start.options, std::move(start.configurations), start.hard_state,
              std::move(start.log), start.applied, start.seed) {
  RAFT_CHECK(start.options.faults().empty());
  Follower follower = make_follower(shared_, std::nullopt);
  // Nothing was heard yet and pre-vote protects a working leader, so the first campaign need not wait in
  // full.
  if (shared_.promised_ticks == 0) follower.timeout_ticks -= shared_.options.election_ticks;
  role_ = std::move(follower);
}

Effects Core::step(std::vector<Event> events) {
  for (Event& event : events) {
    if (Next next = handle(std::move(event))) change_role(std::move(*next));
  }
  if (auto* leader = std::get_if<Leader>(&role_)) {
    if (Next next = flush(*leader, shared_)) change_role(std::move(*next));
  }
  Effects effects = shared_.finish_step();
  shared_.log.trim_cache(effects.apply, shared_.options.cache_bytes_max);
  return effects;
}

Next Core::handle(Event&& event) {
  return std::visit(
      Overloaded{
          [&](Tick) {
            if (shared_.promised_ticks > 0) --shared_.promised_ticks;
            tick_priorities(shared_);
            return std::visit([&](auto& role) { return on_tick(role, shared_); }, role_);
          },
          [&](Propose& propose) -> Next {
            if (auto* leader = std::get_if<Leader>(&role_)) {
              return on_propose(*leader, shared_, std::move(propose.payloads));
            }
            if (auto* follower = std::get_if<Follower>(&role_)) {
              return on_propose(*follower, shared_, std::move(propose.payloads));
            }
            shared_.out.refused.insert(shared_.out.refused.end(),
                                       std::make_move_iterator(propose.payloads.begin()),
                                       std::make_move_iterator(propose.payloads.end()));
            return std::nullopt;
          },
          [&](ReadIndex read) -> Next {
            if (auto* leader = std::get_if<Leader>(&role_))
              return on_read(*leader, shared_, read.id, std::nullopt);
            if (auto* follower = std::get_if<Follower>(&role_)) return on_read(*follower, shared_, read.id);
            shared_.out.reads_failed.push_back(read.id);
            return std::nullopt;
          },
          [&](Received& received) { return receive(received.from, std::move(received.message)); },
          [&](Persisted persisted) -> Next {
            shared_.persisted(persisted.sequence);
            return std::nullopt;
          },
          [&](LogRead& read) -> Next {
            if (auto* leader = std::get_if<Leader>(&role_))
              return on_log_read(*leader, shared_, std::move(read));
            return std::nullopt;
          },
          [&](TransferLeadership& wish) -> Next {
            if (auto* leader = std::get_if<Leader>(&role_)) return on_transfer(*leader, shared_, wish);
            return std::nullopt;
          },
          [&](WantMembership& want) -> Next {
            shared_.target = std::move(want.target);
            return std::nullopt;
          },
          [&](Paused) -> Next {
            if (RAFT_MUTANT(kLeaseIgnoresPause)) return std::nullopt;
            if (auto* leader = std::get_if<Leader>(&role_)) leader->lease = Lease{.tick = leader->lease.tick};
            return std::nullopt;
          },
          [&](Compact compact) -> Next {
            shared_.compact(compact.upto);
            return std::nullopt;
          },
          [&](Restore& restore) { return take_state(std::move(restore)); },
          [&](SnapshotEnded ended) -> Next {
            if (auto* leader = std::get_if<Leader>(&role_)) return on_snapshot_ended(*leader, ended);
            return std::nullopt;
          },
      },
      event);
}

Next Core::receive(NodeId from, Message&& message) {
  return std::visit(Overloaded{
                        [&](RequestVote& request) { return answer_vote(shared_, from, request, settled()); },
                        [&](VoteReply& reply) { return receive_vote(from, reply); },
                        [&](AppendEntries& append) { return receive_append(from, std::move(append)); },
                        [&](AppendReply& reply) -> Next {
                          if (reply.term > shared_.term()) {
                            shared_.enter_term(reply.term);
                            return make_follower(shared_, std::nullopt);
                          }
                          auto* leader = std::get_if<Leader>(&role_);
                          const bool stale = reply.term < shared_.term() && !RAFT_MUTANT(kStaleReplyCounts);
                          if (leader == nullptr || stale) return std::nullopt;
                          return on_reply(*leader, shared_, from, reply);
                        },
                        [&](TimeoutNow& now) -> Next {
                          auto* follower = std::get_if<Follower>(&role_);
                          if (follower == nullptr || now.term != shared_.term()) return std::nullopt;
                          return on_timeout_now(*follower, shared_);
                        },
                        [&](ForwardProposals& forward) -> Next {
                          if (auto* leader = std::get_if<Leader>(&role_)) {
                            return on_propose(*leader, shared_, std::move(forward.payloads));
                          }
                          shared_.out.refused.insert(shared_.out.refused.end(),
                                                     std::make_move_iterator(forward.payloads.begin()),
                                                     std::make_move_iterator(forward.payloads.end()));
                          return std::nullopt;
                        },
                        [&](ReadIndexRequest& request) -> Next {
                          if (auto* leader = std::get_if<Leader>(&role_))
                            return on_read(*leader, shared_, request.id, from);
                          return std::nullopt;
                        },
                        // The replica carries states and gives none of these to the core.
                        [&](SnapshotChunk&) -> Next { return std::nullopt; },
                        [&](SnapshotAck&) -> Next { return std::nullopt; },
                        // Taken out by the service that it is for, before the core.
                        [&](ServiceNote&) -> Next { return std::nullopt; },
                        [&](ElectionPriority& said) -> Next {
                          take_priority(shared_, from, said.priority);
                          return std::nullopt;
                        },
                        [&](ReadIndexReply& reply) -> Next {
                          if (auto* follower = std::get_if<Follower>(&role_))
                            return on_read_reply(*follower, shared_, reply);
                          return std::nullopt;
                        },
                    },
                    message);
}

Next Core::receive_append(NodeId from, AppendEntries&& append) {
  if (append.term < shared_.term() && !RAFT_MUTANT(kAcceptStaleTerm)) {
    // The sender was replaced; this term tells it so, also when it cannot win an election itself
    // (thesis 9.6).
    shared_.send(from,
                 AppendReply{.term = shared_.term(), .success = false, .match = {}, .hint = {}, .round = 0},
                 When::kDurable);
    return std::nullopt;
  }
  if (append.term > shared_.term())
    shared_.enter_term(append.term);
  else if (std::holds_alternative<Leader>(role_))
    return std::nullopt;  // two leaders in a term: not from our kind
  if (auto* follower = std::get_if<Follower>(&role_); follower == nullptr || follower->leader != from) {
    change_role(make_follower(shared_, from));
  }
  return on_append(std::get<Follower>(role_), shared_, from, std::move(append));
}

Next Core::receive_vote(NodeId from, const VoteReply& reply) {
  if (reply.term > shared_.term() && !reply.granted) {
    shared_.enter_term(reply.term);
    return make_follower(shared_, std::nullopt);
  }
  auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate == nullptr || (!reply.pre_vote && reply.term < shared_.term())) return std::nullopt;
  return on_vote(*candidate, shared_, from, reply);
}

Next Core::take_state(Restore&& restore) {
  // Only a follower is sent states, and never one behind what it knows to be committed.
  const bool useful = std::holds_alternative<Follower>(role_) && restore.last.index > shared_.commit &&
                      restore.last.term <= shared_.term();
  if (useful) shared_.restore(restore.last, std::move(restore.configuration));
  return std::nullopt;
}

bool Core::settled() const {
  if (shared_.promised_ticks > 0) return true;
  if (const auto* follower = std::get_if<Follower>(&role_)) return hears_leader(*follower, shared_);
  return std::holds_alternative<Leader>(role_);
}

void Core::change_role(Role next) {
  auto& failed = shared_.out.reads_failed;
  if (auto* leader = std::get_if<Leader>(&role_)) {
    fail_local(leader->reads, failed);
    fail_local(leader->early_reads, failed);
  } else if (auto* follower = std::get_if<Follower>(&role_)) {
    failed.insert(failed.end(), follower->reads.begin(), follower->reads.end());
  }
  role_ = std::move(next);
}

CoreStatus Core::status() const {
  CoreStatus status{.role = RoleName::kFollower,
                    .term = shared_.term(),
                    .leader = std::nullopt,
                    .commit = shared_.commit,
                    .durable = shared_.durable,
                    .last = shared_.log.last(),
                    .base = shared_.log.base().index};
  if (const auto* follower = std::get_if<Follower>(&role_)) {
    status.leader = follower->leader;
  } else if (const auto* candidate = std::get_if<Candidate>(&role_)) {
    status.role = candidate->pre_vote ? RoleName::kPreCandidate : RoleName::kCandidate;
  } else {
    status.role = RoleName::kLeader;
    status.leader = shared_.self;
  }
  return status;
}

}  // namespace raft
