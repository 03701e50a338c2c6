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

std::vector<Configuration> configurations_of(const CoreDisk& disk) {
  std::vector<Configuration> found = {disk.configuration};
  for (const Entry& entry : disk.entries) {
    if (entry.type != EntryType::kConfiguration || entry.index <= disk.configuration.index) continue;
    found.push_back({entry.index, decode_membership(entry.bytes()).value()});
  }
  return found;
}

std::vector<TermRun> runs_of(const std::vector<Entry>& entries) {
  std::vector<TermRun> runs;
  for (const Entry& entry : entries) {
    if (runs.empty() || runs.back().term != entry.term) runs.push_back({entry.index, entry.term});
  }
  return runs;
}

}  // namespace

const Entry* CoreDisk::at(Index index) const {
  return index > base.index && index <= last() ? &entries[index - base.index - 1] : nullptr;
}

CoreCluster::CoreCluster(std::size_t members, CoreOptions options, std::uint64_t seed)
    : options_(options), seed_(seed) {
  Membership initial;
  for (std::uint64_t i = 1; i <= members; ++i) initial.voters.emplace_back(i);
  for (NodeId id : initial.voters) nodes_[id].disk.configuration.members = initial;
  for (NodeId id : initial.voters) boot(id);
}

void CoreCluster::boot(NodeId id) {
  Node& self = nodes_[id];
  CoreStart start{.self = id,
                  .options = options_,
                  .configurations = configurations_of(self.disk),
                  .hard_state = self.disk.hard_state,
                  .log = LogView(self.disk.base, self.disk.last(), runs_of(self.disk.entries)),
                  .applied = self.disk.applied.index,
                  .seed = seed_ * 1000 + ++lives_};
  if (const auto preferred = priorities_.find(id); preferred != priorities_.end())
    start.options.election_priority = preferred->second;
  self.core = std::make_unique<Core>(std::move(start));
  self.persisted = 0;
  if (target_) step(id, {WantMembership{*target_}});
}

std::vector<NodeId> CoreCluster::ids() const {
  std::vector<NodeId> ids;
  for (const auto& [id, node] : nodes_) ids.push_back(id);
  return ids;
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
  for (NodeId peer : effects.snapshots) {
    snapshots_.push_back({id, peer, self.disk.applied, self.disk.configuration});
  }
  for (const ReadReady& ready : effects.reads_ready) reads_ready[ready.id] = ready.index;
  for (std::uint64_t ticket : effects.reads_failed) reads_failed.insert(ticket);
  for (const SharedBytes& payload : effects.refused) refused.push_back(*payload);
  apply(id, effects.apply);
  for (const ReadLog& wanted : effects.log_reads) {
    LogRead answer{.peer = wanted.peer, .entries = {}};
    for (Index index = wanted.first; index <= wanted.last && self.disk.at(index) != nullptr;
         index = index.next()) {
      answer.entries.push_back(*self.disk.at(index));
    }
    step(id, {std::move(answer)});
  }
}

void CoreCluster::send(NodeId from, Send send) {
  note(describe(from) + " -> " + describe(send.to) + " " + describe(send.message));
  links_[{from, send.to}].push_back(std::move(send.message));
}

void CoreCluster::apply(NodeId id, Index upto) {
  CoreDisk& disk = node(id).disk;
  while (disk.applied.index < upto) {
    const Index index = disk.applied.index.next();
    const Entry* entry = disk.at(index);
    if (entry == nullptr) return fail("member " + describe(id) + " applies what is not on its disk");
    const std::size_t place = index.value() - 1;
    if (place >= ledger_.size()) {
      // The first to apply: a quorum must hold it on disk (Leader Completeness, durability before
      // acknowledgement).
      if (!held_by_a_quorum(*entry)) {
        fail("entry " + std::to_string(index.value()) + " was committed without a durable quorum");
      }
      ledger_.push_back(*entry);
    } else if (!same(ledger_[place], *entry)) {
      fail("two entries were committed at index " + std::to_string(index.value()));
    }
    disk.applied = {index, entry->term};
    if (entry->type == EntryType::kConfiguration) {
      disk.configuration = {index, decode_membership(entry->bytes()).value()};
    }
  }
}

/// By any configuration that a member goes by now, or knows to be committed: which one its leader counted
/// with is not known here.
bool CoreCluster::held_by_a_quorum(const Entry& entry) const {
  const auto holds = [&](NodeId other) {
    const auto found = nodes_.find(other);
    if (found == nodes_.end()) return false;
    const CoreDisk& disk = found->second.disk;
    const Entry* there = disk.at(entry.index);
    return entry.index <= disk.base.index || (there != nullptr && same(*there, entry));
  };
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& one) {
    if (!one.second.core) return false;
    const Shared& known = one.second.core->shared();
    return quorum_of(known.membership(), holds) ||
           quorum_of(known.configurations.at(known.commit).members, holds);
  });
}

void CoreCluster::want(MembershipTarget target) {
  target_ = std::move(target);
  for (NodeId id : ids()) step(id, {WantMembership{*target_}});
}

void CoreCluster::add(NodeId id) {
  note(describe(id) + " is new");
  nodes_[id] = {};
  boot(id);
}

void CoreCluster::compact(NodeId id, Index upto) {
  if (!up(id)) return;
  step(id, {Compact{std::min(upto, node(id).disk.applied.index)}});
}

bool CoreCluster::deliver_snapshot() {
  if (snapshots_.empty()) return false;
  const Snapshot snapshot = snapshots_.front();
  snapshots_.pop_front();
  if (!up(snapshot.from)) return true;
  if (!up(snapshot.to) || cuts_.contains({snapshot.from, snapshot.to})) {
    step(snapshot.from, {SnapshotEnded{snapshot.to, std::nullopt}});
    return true;
  }
  note(describe(snapshot.from) + " -> " + describe(snapshot.to) + " snapshot");
  if (status(snapshot.to).commit >= snapshot.last.index) {
    step(snapshot.from, {SnapshotEnded{snapshot.to, snapshot.last.index}});
    return true;
  }
  Node& to = node(snapshot.to);
  if (to.received) {
    step(snapshot.from, {SnapshotEnded{snapshot.to, std::nullopt}});
    return true;
  }
  to.received = {snapshot.last, snapshot.configuration};
  to.received_from = snapshot.from;
  step(snapshot.to, {Restore{snapshot.last, snapshot.configuration}});
  if (status(snapshot.to).commit < snapshot.last.index) {
    lose_received(to, snapshot.to);
  }
  return true;
}

void CoreCluster::lose_received(Node& receiver, NodeId id) {
  if (!receiver.received) return;
  receiver.received.reset();
  if (up(*receiver.received_from)) step(*receiver.received_from, {SnapshotEnded{id, std::nullopt}});
}

/// The log has accepted the state received: it counts from here on, also after a crash.
void CoreCluster::install(NodeId id) {
  Node& self = node(id);
  if (!self.received || self.disk.base != self.received->first) return;
  if (self.disk.applied.index < self.received->first.index) {
    self.disk.applied = self.received->first;
    self.disk.configuration = self.received->second;
    ++snapshots_delivered_;
  }
  self.received.reset();
  const NodeId from = *self.received_from;
  if (up(from)) step(from, {SnapshotEnded{id, self.disk.applied.index}});
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
    if (entry.index <= core(id).log().base().index) continue;
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

void CoreCluster::write(Node& self, const Persist& persist) {
  CoreDisk& disk = self.disk;
  if (persist.hard_state) disk.hard_state = *persist.hard_state;
  if (persist.base) {
    const Entry* kept = disk.at(persist.base->index);
    const auto dropped = kept != nullptr && kept->term == persist.base->term
                             ? static_cast<std::ptrdiff_t>(persist.base->index - disk.base.index)
                             : static_cast<std::ptrdiff_t>(disk.entries.size());
    disk.entries.erase(disk.entries.begin(), disk.entries.begin() + dropped);
    disk.base = *persist.base;
  }
  if (persist.entries.empty()) return;
  disk.entries.resize(persist.entries.front().index - disk.base.index - 1);
  disk.entries.insert(disk.entries.end(), persist.entries.begin(), persist.entries.end());
}

bool CoreCluster::complete_write(NodeId id) {
  Node& self = node(id);
  if (!up(id) || self.writing.empty()) return false;
  Persist write = std::move(self.writing.front());
  self.writing.pop_front();
  if (write.hard_state && write.hard_state->voted_for) {
    votes_[{id, write.hard_state->term}] = *write.hard_state->voted_for;
  }
  this->write(self, write);
  if (write.base) install(id);
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

void CoreCluster::pause(NodeId id) {
  step(id, {Paused{}});
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
  lose_received(self, id);
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
    while (deliver_snapshot()) moved = true;
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
  for (std::size_t place = 0; place < node(id).disk.applied.index.value(); ++place) {
    const Entry& entry = ledger_[place];
    if (entry.type == EntryType::kCommand) commands.emplace_back(entry.bytes());
  }
  return commands;
}

}  // namespace raft::testing
