#include "libraft/core/shared.h"

#include <algorithm>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace raft {
namespace {

/// Several messages of a leader that arrive together need one acknowledgement: the newest says it all.
bool absorb(Message& earlier, const Message& later) {
  auto* first = std::get_if<AppendReply>(&earlier);
  const auto* second = std::get_if<AppendReply>(&later);
  if (first == nullptr || second == nullptr || !first->success || !second->success) return false;
  if (first->term != second->term) return false;
  first->match = std::max(first->match, second->match);
  first->round = std::max(first->round, second->round);
  return true;
}

/// Only in mutants: what waits for the disk, never does.
bool leaves_early([[maybe_unused]] const Message& message) {
  return (RAFT_MUTANT(kVoteNotSynced) && std::holds_alternative<VoteReply>(message)) ||
         (RAFT_MUTANT(kAckBeforeSync) && std::holds_alternative<AppendReply>(message)) ||
         (RAFT_MUTANT(kCampaignNotSynced) && std::holds_alternative<RequestVote>(message));
}

}  // namespace

Shared::Shared(NodeId self_id, CoreOptions core_options, std::vector<Configuration> configurations_found,
               HardState found, LogView log_found, Index applied, std::uint64_t seed)
    : self(self_id),
      options(core_options),
      configurations(std::move(configurations_found)),
      log(std::move(log_found)),
      commit(applied),
      durable(log.last().index),
      random(seed),
      hard_state_(found) {
  RAFT_CHECK(log.base().index <= applied && applied <= log.last().index);
  RAFT_CHECK(log.last().term <= hard_state_.term);
  out.apply = applied;
  // Who never took part has promised nothing.
  if (options.lease_reads && found.term > Term()) promised_ticks = options.election_ticks;
}

void Shared::enter_term(Term term) {
  RAFT_CHECK(term > hard_state_.term);
  hard_state_ = {term, std::nullopt};
  hard_state_dirty_ = true;
}

void Shared::vote_for(NodeId candidate) {
  if (hard_state_.voted_for == candidate) return;
  RAFT_CHECK(!hard_state_.voted_for || RAFT_MUTANT(kVoteTwice));
  hard_state_.voted_for = candidate;
  hard_state_dirty_ = true;
}

void Shared::send(NodeId to, Message message, When when) {
  if (!queued_.empty() && queued_.back().when == when && queued_.back().send.to == to &&
      absorb(queued_.back().send.message, message)) {
    return;
  }
  queued_.push_back({Send{to, std::move(message), 0}, when});
}

void Shared::append(Entry entry) {
  log.append(entry);
  if (entry.type == EntryType::kConfiguration) {
    auto members = decode_membership(entry.bytes());
    RAFT_CHECK(members.has_value());  // follower.cc lets no other in
    configurations.append({entry.index, std::move(*members)});
  }
  unwritten_.push_back(std::move(entry));
}

void Shared::truncate_from(Index first) {
  RAFT_CHECK(first > commit);
  log.truncate_from(first);
  if (!RAFT_MUTANT(kConfigurationNotRolledBack)) configurations.truncate_from(first);
  durable = std::min(durable, first.previous());
  // Writes under way vouch for nothing from here on, not even if the same entry comes back later: a write
  // between theirs and its return replaces it on disk.
  if (!RAFT_MUTANT(kOldWritesVouch)) {
    for (Pending& write : pending_) write.last = std::min(write.last, first.previous());
  }
  while (!unwritten_.empty() && unwritten_.back().index >= first) unwritten_.pop_back();
}

void Shared::commit_to(Index index) {
  RAFT_CHECK(index <= log.last().index);
  commit = std::max(commit, index);
  configurations.commit_to(commit);
}

void Shared::compact(Index upto) {
  RAFT_CHECK(upto <= out.apply && upto <= durable);
  if (upto <= log.base().index) return;
  log.compact_to(upto);
  unwritten_base_ = log.base();
}

void Shared::restore(EntryId last, Configuration configuration) {
  RAFT_CHECK(last.index > commit);
  // The log's own disk writes vouch for nothing behind the old commit index until the new base is durable.
  durable = std::min(durable, commit);
  const bool kept = log.term_at(last.index) == std::optional<Term>(last.term);
  for (Pending& write : pending_) write.last = std::min(write.last, commit);
  if (kept) {
    log.compact_to(last.index);
    std::erase_if(unwritten_, [&](const Entry& entry) { return entry.index <= last.index; });
  } else {
    log.reset(last);
    unwritten_.clear();
  }
  unwritten_base_ = last;
  commit = last.index;
  if (RAFT_MUTANT(kSnapshotConfigurationLost)) {
    configurations.commit_to(commit);
  } else if (!kept || configuration.index > configurations.newest().index) {
    configurations.reset(std::move(configuration));
  } else {
    configurations.commit_to(commit);
  }
  out.restored = last;
}

std::optional<std::uint64_t> Shared::oldest_write() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().sequence;
}

void Shared::persisted(std::uint64_t sequence) {
  RAFT_CHECK(sequence <= sequence_);
  persisted_sequence_ = std::max(persisted_sequence_, sequence);
  while (!pending_.empty() && pending_.front().sequence <= sequence) {
    durable = std::max(durable, pending_.front().last);
    pending_.pop_front();
  }
}

Effects Shared::finish_step() {
  if (hard_state_dirty_ || unwritten_base_ || !unwritten_.empty()) {
    ++sequence_;
    pending_.push_back({sequence_, log.last().index});
    Persist persist{.sequence = sequence_,
                    .hard_state = std::nullopt,
                    .base = std::exchange(unwritten_base_, std::nullopt),
                    .entries = std::exchange(unwritten_, {})};
    if (std::exchange(hard_state_dirty_, false)) {
      persist.hard_state = hard_state_;
      hard_state_sequence_ = sequence_;
    }
    out.persist = std::move(persist);
  }
  // Nothing may be said in a term, nor with a vote, that a crash could make this member forget.
  for (Queued& queued : queued_) {
    const std::uint64_t after = queued.when == When::kDurable ? sequence_ : hard_state_sequence_;
    queued.send.after = after > persisted_sequence_ && !leaves_early(queued.send.message) ? after : 0;
    out.sends.push_back(std::move(queued.send));
  }
  queued_.clear();
  out.apply = std::max(out.apply, RAFT_MUTANT(kApplyUnsynced) ? commit : std::min(commit, durable));
  const Index apply = out.apply;
  Effects effects = std::exchange(out, {});
  out.apply = apply;
  return effects;
}

std::uint32_t Shared::draw_timeout() {
  return options.election_ticks + static_cast<std::uint32_t>(random.below(options.election_jitter_ticks));
}

Follower make_follower(Shared& shared, std::optional<NodeId> leader) {
  Follower follower;
  follower.leader = leader;
  follower.timeout_ticks = shared.draw_timeout();
  return follower;
}

}  // namespace raft
