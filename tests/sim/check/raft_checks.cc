#include "tests/sim/check/raft_checks.h"

#include <algorithm>

#include "libraft/core/describe.h"
#include "libraft/core/invariants.h"
#include "libraft/core/quorum.h"

namespace sim {
namespace {

using raft::EntryId;
using raft::Index;
using raft::NodeId;
using raft::Term;

std::string text(EntryId id) {
  return std::to_string(id.index.value()) + "@" + std::to_string(id.term.value());
}

}  // namespace

RaftChecks::RaftChecks(Verdict& verdict, Coverage& coverage)
    : verdict_(verdict), coverage_(coverage), committed_{Term(0), Term(1)} {}

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
  if (after.commit > before.status.commit) check_commit(node, before, core);
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
  const EntryId newest{committed(), committed_.back()};
  if (newest.index >= core.log().base().index &&
      core.log().term_at(newest.index) != std::optional<Term>(newest.term)) {
    fail(node, "was elected without the committed entry " + text(newest));
  }
}

void RaftChecks::check_commit(NodeId node, const Moment& before, const raft::Core& core) {
  const raft::CoreStatus after = core.status();
  const Index first = std::max(before.status.commit.next(), core.log().base().index);
  for (Index index = first; index <= after.commit; index = index.next()) {
    const auto term = core.log().term_at(index);
    if (!term) continue;  // came as a state
    if (index > committed()) {
      check_new_commit(node, before, core, {index, *term});
    } else if (committed_[index.value()] != *term) {
      fail(node, "commits " + text({index, *term}) + ", but committed was " +
                     text({index, committed_[index.value()]}));
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
  committed_.push_back(entry.term);
}

bool RaftChecks::durable_on_quorum(const raft::Membership& membership, EntryId entry) {
  return raft::quorum_of(membership, [&](NodeId id) {
    const auto disk = disks_.find(id);
    return disk != disks_.end() && disk->second.image.covers(entry);
  });
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
