#include "tests/support/core_cluster.h"

#include <algorithm>

#include "libraft/core/describe.h"
#include "libraft/core/invariants.h"
#include "libraft/core/quorum.h"

namespace raft::testing {
namespace {

constexpr std::size_t kTraceMax = 60;

bool same(const Entry& a, const Entry& b) {
  return a.index == b.index && a.term == b.term && a.type == b.type && a.bytes() == b.bytes();
}

std::vector<TermRun> runs_of(const std::vector<Entry>& entries) {
  std::vector<TermRun> runs;
  for (const Entry& entry : entries) {
    if (runs.empty() || runs.back().term != entry.term) runs.push_back({entry.index, entry.term});
  }
  return runs;
}

}  // namespace

CoreCluster::CoreCluster(std::size_t members, CoreOptions options, std::uint64_t seed)
    : options_(options), seed_(seed) {
  for (std::uint64_t i = 1; i <= members; ++i) membership_.voters.emplace_back(i);
  for (NodeId id : membership_.voters) boot(id);
}

void CoreCluster::boot(NodeId id) {
  Node& self = nodes_[id];
  CoreStart start{.self = id,
                  .options = options_,
                  .membership = membership_,
                  .hard_state = self.disk.hard_state,
                  .log = LogView({}, Index(self.disk.entries.size()), runs_of(self.disk.entries)),
                  .applied = self.applied,
                  .seed = seed_ * 1000 + ++lives_};
  self.core = std::make_unique<Core>(std::move(start));
  self.persisted = 0;
}

std::vector<NodeId> CoreCluster::ids() const {
  return membership_.voters;
}

void CoreCluster::note(std::string line) {
  trace.push_back(std::move(line));
  if (trace.size() > kTraceMax) trace.pop_front();
}

void CoreCluster::fail(const std::string& what) {
  if (!fault) fault = what;
}

void CoreCluster::step(NodeId id, std::vector<Event> events) {
  if (!up(id)) return;
  const CoreStatus before = status(id);
  Effects effects = node(id).core->step(std::move(events));
  check_after_step(id, before);
  if (effects.persist && effects.persist->hard_state) check_vote(id, *effects.persist->hard_state);
  carry_out(id, std::move(effects));
}

void CoreCluster::carry_out(NodeId id, Effects effects) {
  Node& self = node(id);
  if (effects.persist) self.writing.push_back(std::move(*effects.persist));
  for (Send& message : effects.sends) {
    if (message.after > self.persisted) {
      self.waiting.push_back(std::move(message));
    } else {
      send(id, std::move(message));
    }
  }
  for (const ReadReady& ready : effects.reads_ready) reads_ready[ready.id] = ready.index;
  for (std::uint64_t ticket : effects.reads_failed) reads_failed.insert(ticket);
  for (const SharedBytes& payload : effects.refused) refused.push_back(*payload);
  apply(id, effects.apply);
  for (const ReadLog& wanted : effects.log_reads) {
    LogRead answer{.peer = wanted.peer, .entries = {}};
    for (Index index = wanted.first; index <= wanted.last && index.value() <= self.disk.entries.size();
         index = index.next()) {
      answer.entries.push_back(self.disk.entries[index.value() - 1]);
    }
    step(id, {std::move(answer)});
  }
}

void CoreCluster::send(NodeId from, Send send) {
  note(describe(from) + " -> " + describe(send.to) + " " + describe(send.message));
  links_[{from, send.to}].push_back(std::move(send.message));
}

void CoreCluster::apply(NodeId id, Index upto) {
  Node& self = node(id);
  for (; self.applied < upto; self.applied = self.applied.next()) {
    const std::size_t place = self.applied.value();
    if (place >= self.disk.entries.size())
      return fail("member " + describe(id) + " applies what is not on its disk");
    const Entry& entry = self.disk.entries[place];
    if (place < ledger_.size()) {
      if (!same(ledger_[place], entry))
        fail("two entries were committed at index " + std::to_string(place + 1));
      continue;
    }
    // The first to apply: a quorum must hold it on disk (Leader Completeness, durability before
    // acknowledgement).
    const bool held = quorum_of(membership_, [&](NodeId other) {
      const auto& entries = node(other).disk.entries;
      return entries.size() > place && same(entries[place], entry);
    });
    if (!held) fail("entry " + std::to_string(place + 1) + " was committed without a durable quorum");
    ledger_.push_back(entry);
  }
}

void CoreCluster::check_after_step(NodeId id, const CoreStatus& before) {
  const CoreStatus after = status(id);
  const std::string who = "member " + describe(id) + ": ";
  if (const auto broken = broken_invariant(core(id))) fail(who + *broken);
  if (const auto broken = broken_transition(before, after)) fail(who + *broken);
  if (before.role != after.role || before.term != after.term) note(describe(id) + " " + describe(after));
  if (after.role != RoleName::kLeader || (before.role == RoleName::kLeader && before.term == after.term))
    return;
  const auto [leader, first] = leaders_.emplace(after.term, id);
  if (!first && leader->second != id) fail("two leaders in term " + std::to_string(after.term.value()));
  for (const Entry& entry : ledger_) {
    if (core(id).log().term_at(entry.index) != std::optional<Term>(entry.term)) {
      fail(who + "leads without the committed entry " + std::to_string(entry.index.value()));
    }
  }
}

void CoreCluster::check_vote(NodeId id, const HardState& hard_state) {
  if (!hard_state.voted_for) return;
  // Only a vote that may have left counts: one that a crash took back before its write had ended was never
  // given.
  const auto known = votes_.find({id, hard_state.term});
  if (known != votes_.end() && known->second != *hard_state.voted_for) {
    fail("member " + describe(id) + " votes twice in term " + std::to_string(hard_state.term.value()));
  }
}

bool CoreCluster::complete_write(NodeId id) {
  Node& self = node(id);
  if (!up(id) || self.writing.empty()) return false;
  Persist write = std::move(self.writing.front());
  self.writing.pop_front();
  if (write.hard_state) {
    self.disk.hard_state = *write.hard_state;
    if (write.hard_state->voted_for) votes_[{id, write.hard_state->term}] = *write.hard_state->voted_for;
  }
  if (!write.entries.empty()) {
    self.disk.entries.resize(write.entries.front().index.value() - 1);
    self.disk.entries.insert(self.disk.entries.end(), write.entries.begin(), write.entries.end());
  }
  self.persisted = write.sequence;
  while (!self.waiting.empty() && self.waiting.front().after <= write.sequence) {
    send(id, std::move(self.waiting.front()));
    self.waiting.pop_front();
  }
  step(id, {Persisted{write.sequence}});
  return true;
}

void CoreCluster::tick(NodeId id) {
  step(id, {Tick{}});
}

void CoreCluster::propose(NodeId id, const std::string& command) {
  step(id, {Propose{{std::make_shared<const std::string>(command)}}});
}

void CoreCluster::read(NodeId id, std::uint64_t ticket) {
  step(id, {ReadIndex{ticket}});
}

void CoreCluster::transfer(NodeId from, std::optional<NodeId> to) {
  step(from, {TransferLeadership{to}});
}

bool CoreCluster::deliver(NodeId from, NodeId to) {
  auto& queue = links_[{from, to}];
  if (queue.empty()) return false;
  Message message = std::move(queue.front());
  queue.pop_front();
  if (cuts_.contains({from, to}) || !up(to)) return false;
  step(to, {Received{from, std::move(message)}});
  return true;
}

void CoreCluster::drop(NodeId from, NodeId to) {
  auto& queue = links_[{from, to}];
  if (!queue.empty()) queue.pop_front();
}

void CoreCluster::duplicate(NodeId from, NodeId to) {
  auto& queue = links_[{from, to}];
  if (!queue.empty()) queue.push_back(queue.front());
}

void CoreCluster::reorder(NodeId from, NodeId to) {
  auto& queue = links_[{from, to}];
  if (queue.size() < 2) return;
  queue.push_front(queue.back());
  queue.pop_back();
}

std::size_t CoreCluster::in_flight(NodeId from, NodeId to) const {
  const auto queue = links_.find({from, to});
  return queue == links_.end() ? 0 : queue->second.size();
}

void CoreCluster::crash(NodeId id) {
  note(describe(id) + " crashes");
  Node& self = node(id);
  self.core.reset();
  self.writing.clear();
  self.waiting.clear();
  for (auto& [link, queue] : links_) {
    if (link.first == id || link.second == id) queue.clear();
  }
}

void CoreCluster::restart(NodeId id) {
  if (up(id)) return;
  note(describe(id) + " starts");
  boot(id);
}

void CoreCluster::cut(NodeId from, NodeId to, bool is_cut) {
  if (is_cut) {
    cuts_.insert({from, to});
  } else {
    cuts_.erase({from, to});
  }
}

void CoreCluster::isolate(NodeId id, bool isolated) {
  for (NodeId other : ids()) {
    if (other == id) continue;
    cut(id, other, isolated);
    cut(other, id, isolated);
  }
}

void CoreCluster::heal() {
  cuts_.clear();
}

void CoreCluster::settle() {
  bool moved = true;
  for (int rounds = 0; moved && rounds < 10000; ++rounds) {
    moved = false;
    for (NodeId id : ids()) {
      while (complete_write(id)) moved = true;
    }
    for (NodeId from : ids()) {
      for (NodeId to : ids()) {
        while (in_flight(from, to) > 0) {
          deliver(from, to);
          moved = true;
        }
      }
    }
  }
}

void CoreCluster::tick_all(std::uint32_t times) {
  for (std::uint32_t i = 0; i < times; ++i) {
    for (NodeId id : ids()) tick(id);
    settle();
  }
}

bool CoreCluster::elect(NodeId id) {
  for (std::uint32_t i = 0; i < 4 * options_.election_ticks && !leads(id); ++i) {
    tick(id);
    settle();
  }
  return leads(id);
}

std::optional<NodeId> CoreCluster::await_leader(std::uint32_t ticks_max) {
  for (std::uint32_t i = 0; i < ticks_max; ++i) {
    tick_all(1);
    std::optional<NodeId> leader;
    bool agreed = true;
    for (NodeId id : ids()) {
      if (!up(id)) continue;
      if (!leader) leader = status(id).leader;
      agreed = agreed && leader && status(id).leader == leader;
    }
    if (agreed && leader && leads(*leader) && status(*leader).commit == status(*leader).last.index)
      return leader;
  }
  return std::nullopt;
}

std::vector<std::string> CoreCluster::applied(NodeId id) const {
  std::vector<std::string> commands;
  for (std::size_t place = 0; place < node(id).applied.value(); ++place) {
    const Entry& entry = ledger_[place];
    if (entry.type == EntryType::kCommand) commands.emplace_back(entry.bytes());
  }
  return commands;
}

}  // namespace raft::testing
