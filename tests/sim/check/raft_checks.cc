#include "tests/sim/check/raft_checks.h"

#include <algorithm>

#include "libraft/core/describe.h"
#include "libraft/core/invariants.h"

namespace sim {
namespace {

using raft::EntryId;
using raft::Index;
using raft::NodeId;
using raft::Term;

std::string text(EntryId id) {
  return std::to_string(id.index.value()) + "@" + std::to_string(id.term.value());
}

/// Deliberately not libraft/core/quorum.h, which is under test.
template <class Holds>
bool majority(const std::vector<NodeId>& ids, Holds holds) {
  return ids.empty() || 2 * static_cast<std::size_t>(std::ranges::count_if(ids, holds)) > ids.size();
}

}  // namespace

RaftChecks::RaftChecks(Verdict& verdict, Coverage& coverage)
    : verdict_(verdict), coverage_(coverage), committed_{Committed{}, Committed{Term(1), Term(0)}} {}

void RaftChecks::fail(NodeId node, const std::string& what) {
  verdict_.fail("member " + raft::describe(node) + ": " + what);
}

void RaftChecks::started_empty(NodeId node) {
  disks_.erase(node);
}

void RaftChecks::opened(NodeId node, const raft::LogState& found) {
  const LogImage now(found);
  const auto known = disks_.find(node);
  if (known != disks_.end()) {
    const Disk& disk = known->second;
    const bool expected = now == disk.image || std::ranges::find(disk.possible, now) != disk.possible.end();
    if (!expected) {
      fail(node, "the log opened is not what was written.\n  opened:  " + now.text() +
                     "\n  written: " + disk.image.text());
    }
  }
  disks_[node] = Disk{.image = now, .possible = {}, .next = {}};
}

void RaftChecks::writing(NodeId node, const raft::LogBatch& batch) {
  Disk& disk = disks_[node];
  if (!batch.entries.empty() && batch.entries.front().index <= disk.image.last())
    coverage_.hit(Sometimes::kLogTruncated);
  disk.next = disk.image;
  disk.next.append(batch);
  disk.possible = {disk.next};
}

void RaftChecks::truncating(NodeId node, EntryId base) {
  Disk& disk = disks_[node];
  disk.next = disk.image;
  disk.next.truncate_prefix(base);
  disk.possible = {disk.next};
}

void RaftChecks::written(NodeId node) {
  Disk& disk = disks_[node];
  disk.image = std::move(disk.next);
  disk.possible.clear();
}

void RaftChecks::stepped(NodeId node, const Moment& before, const raft::Core& core) {
  const raft::CoreStatus after = core.status();
  if (const auto broken = raft::broken_invariant(core)) fail(node, *broken);
  if (const auto broken = raft::broken_transition(before.status, after)) fail(node, *broken);
  if (core.membership().joint() && !before.membership.joint()) coverage_.hit(Sometimes::kJointConfiguration);
  if (after.role == raft::RoleName::kLeader) check_leader(node, before.status, core);
  check_membership(node, before, core);
  if (after.commit > before.status.commit) {
    check_commit(node, before, core);
    check_configuration(node, core);
  }
}

/// Election Safety and Leader Completeness.
void RaftChecks::check_leader(NodeId node, const raft::CoreStatus& before, const raft::Core& core) {
  const Term term = core.status().term;
  if (before.role == raft::RoleName::kLeader && before.term == term) return;
  const auto [leader, fresh] = leaders_.emplace(term, node);
  if (!fresh && leader->second != node) {
    fail(node,
         "leads term " + std::to_string(term.value()) + ", as does member " + raft::describe(leader->second));
  }
  if (fresh) coverage_.hit(Sometimes::kLeaderChange);
  // What leaders before this one committed; one that slept through its election may be behind later ones.
  Index newest = committed();
  while (committed_[newest.value()].leader >= term) newest = newest.previous();
  const EntryId needed{newest, committed_[newest.value()].term};
  if (needed.index >= core.log().base().index &&
      core.log().term_at(needed.index) != std::optional<Term>(needed.term)) {
    fail(node, "was elected without the committed entry " + text(needed));
  }
}

/// Who counts is what the log says; a leader changes it only in a term that is its own beyond doubt, and goes
/// once it is out of it (section 6, thesis 4.2.2).
void RaftChecks::check_membership(NodeId node, const Moment& before, const raft::Core& core) {
  const raft::CoreStatus after = core.status();
  const raft::Configuration& newest = core.shared().configurations.newest();
  if (newest.index > after.last.index) fail(node, "goes by a membership that its log does not hold");
  if (after.role != raft::RoleName::kLeader) return;
  if (newest.index <= after.commit && !newest.members.is_voter(node))
    fail(node, "leads, though it was voted out and that is committed");
  const bool changed =
      before.status.role == raft::RoleName::kLeader && newest.index > before.status.last.index;
  if (changed && core.log().term_at(after.commit) != std::optional<Term>(after.term))
    fail(node, "changes the membership before it has committed anything in its term");
}

/// What is committed is the same configuration everywhere, also where it came with a state (section 7).
void RaftChecks::check_configuration(NodeId node, const raft::Core& core) {
  const Index commit = core.status().commit;
  const raft::Configuration& counts = core.shared().configurations.at(commit);
  const auto after = configurations_.upper_bound(commit);
  if (after != configurations_.begin()) {
    const auto& [index, members] = *std::prev(after);
    if (counts.index < index || (counts.index == index && counts.members != members)) {
      fail(node, "goes by the membership of entry " + std::to_string(counts.index.value()) +
                     ", but committed is that of entry " + std::to_string(index.value()));
    }
  }
  configurations_.emplace(counts.index, counts.members);
}

void RaftChecks::check_commit(NodeId node, const Moment& before, const raft::Core& core) {
  const raft::CoreStatus after = core.status();
  const Index first = std::max(before.status.commit.next(), core.log().base().index);
  for (Index index = first; index <= after.commit; index = index.next()) {
    const auto term = core.log().term_at(index);
    if (!term) continue;  // came as a state
    if (index > committed()) {
      check_new_commit(node, before, core, {index, *term});
    } else if (committed_[index.value()].term != *term) {
      fail(node, "commits " + text({index, *term}) + ", but committed was " +
                     text({index, committed_[index.value()].term}));
    }
  }
}

/// Nobody committed this far before: it must be a leader, by an entry of its term that a quorum holds.
void RaftChecks::check_new_commit(NodeId node, const Moment& before, const raft::Core& core, EntryId entry) {
  if (entry.index > committed().next()) {
    fail(node, "commits " + text(entry) + " behind a gap");
    return;
  }
  const raft::CoreStatus after = core.status();
  const bool led = before.status.role == raft::RoleName::kLeader || after.role == raft::RoleName::kLeader;
  if (!led) fail(node, "commits " + text(entry) + " as a follower, before any leader did");
  if (core.log().term_at(after.commit) != std::optional<Term>(after.term) && led)
    fail(node, "commits up to " + std::to_string(after.commit.value()) + ", an entry of an earlier term");
  if (!durable_on_quorum(before.membership, entry) && !durable_on_quorum(core.membership(), entry)) {
    fail(node, "commits " + text(entry) + ", which is not on the disks of a quorum");
  }
  committed_.push_back({entry.term, std::max(before.status.term, after.term)});
}

bool RaftChecks::durable_on_quorum(const raft::Membership& membership, EntryId entry) {
  const auto holds = [&](NodeId id) {
    const auto disk = disks_.find(id);
    return disk != disks_.end() && disk->second.image.covers(entry);
  };
  return majority(membership.voters, holds) && majority(membership.outgoing, holds);
}

void RaftChecks::check_vote(NodeId from, NodeId to, Term term) {
  const auto [vote, fresh] = votes_.emplace(std::pair(from, term), to);
  if (!fresh && vote->second != to) {
    fail(from, "votes for " + raft::describe(to) + " in term " + std::to_string(term.value()) +
                   ", in which it voted for " + raft::describe(vote->second));
  }
  const raft::HardState& durable = disks_[from].image.hard_state();
  const bool kept = durable.term > term || (durable.term == term && durable.voted_for == to);
  if (!kept) fail(from, "its vote in term " + std::to_string(term.value()) + " leaves before it is on disk");
}

void RaftChecks::leaving(NodeId from, NodeId to, const raft::Message& message) {
  const LogImage& image = disks_[from].image;
  if (const auto* vote = std::get_if<raft::VoteReply>(&message)) {
    if (vote->granted && !vote->pre_vote) check_vote(from, to, vote->term);
    return;
  }
  if (const auto* request = std::get_if<raft::RequestVote>(&message)) {
    if (!request->pre_vote) check_vote(from, from, request->term);
    return;
  }
  const auto* reply = std::get_if<raft::AppendReply>(&message);
  if (reply == nullptr) return;
  if (image.hard_state().term < reply->term) {
    fail(from, "speaks in term " + std::to_string(reply->term.value()) + " before that is on disk");
  } else if (reply->success && image.hard_state().term == reply->term && image.last() < reply->match) {
    fail(from, "acknowledges entry " + std::to_string(reply->match.value()) + ", its disk ends at " +
                   std::to_string(image.last().value()));
  }
}

}  // namespace sim
