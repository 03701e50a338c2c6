#include "tests/sim/world/world.h"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

constexpr std::uint64_t kWorldConcern = 3;
constexpr Micros kRestartTypical = 500 * kMillisecond;

}  // namespace

World::World(const SimOptions& options, Trace& trace, Coverage& coverage)
    : options_(options),
      trace_(trace),
      coverage_(coverage),
      raft_(verdict_, coverage),
      kv_(verdict_, queue_, options_.sessions),
      network_(options_.network, options_.seed, queue_, coverage_,
               [this](raft::NodeId from, raft::NodeId to, std::vector<raft::Message> messages) {
                 if (Node* target = node(to)) target->receive(from, std::move(messages));
               }),
      dice_(options.seed, kWorldConcern),
      clients_({options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_},
               [this](Dice& dice) { return choose(dice); }),
      lease_clients_({options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_},
                     [this](Dice& dice) { return choose(dice); }),
      session_clients_({options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_},
                       [this](Dice& dice) { return choose(dice); }),
      auth_clients_({options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_},
                    [this](Dice& dice) { return choose(dice); }),
      watch_clients_(
          {options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_},
          [this](Dice& dice) { return choose(dice); }, [this](raft::NodeId id) { return node(id); }) {
  std::vector<raft::NodeId> founders;
  for (std::uint32_t i = 0; i < options.members; ++i) founders.push_back(next_id());
  for (const raft::NodeId id : founders) add(id, founders);
}

World::~World() {
  restarts_ = false;
}

void World::add(raft::NodeId id, std::vector<raft::NodeId> founders) {
  NodeEvents events{
      .answered =
          [this](raft::NodeId from, const kv::Applied& applied) {
            clients_.answered(from, applied);
            lease_clients_.answered(applied);
            session_clients_.answered(applied);
            auth_clients_.answered(applied);
          },
      .reads_ready = [this](raft::NodeId from, std::span<const std::uint64_t> tickets,
                            const kv::ReadView& view) { clients_.reads_ready(*node(from), tickets, view); },
      .renewed = [this](std::uint64_t ticket, std::int64_t ttl) { lease_clients_.renewed(ticket, ttl); },
      .gone = [this](raft::NodeId from) { gone(from); }};
  const Surroundings around{options_, queue_, network_, trace_, coverage_, verdict_, raft_, kv_};
  auto made = std::make_unique<Node>(id, std::move(founders), around, std::move(events));
  Node& added = *made;
  nodes_.emplace(id, std::move(made));
  added.start();
}

Node& World::join(raft::NodeId id) {
  add(id, {});
  return *nodes_.at(id);
}

Node& World::join() {
  return join(next_id());
}

void World::run_for(Micros duration) {
  const Micros until = now() + duration;
  while (!verdict_.failed() && queue_.run_next(until)) {
  }
}

bool World::run_until(Micros limit, const std::function<bool()>& condition) {
  const Micros until = now() + limit;
  while (!condition()) {
    if (verdict_.failed() || !queue_.run_next(until)) return false;
  }
  return !verdict_.failed();
}

std::vector<Node*> World::nodes() {
  std::vector<Node*> all;
  for (auto& [id, node] : nodes_) {
    if (!retired_.contains(id)) all.push_back(node.get());
  }
  return all;
}

Node* World::node(raft::NodeId id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

std::vector<Node*> World::running() {
  std::vector<Node*> all = nodes();
  std::erase_if(all, [](const Node* node) { return !node->running(); });
  return all;
}

Node* World::leader() {
  Node* newest = nullptr;
  for (Node* node : running()) {
    if (node->status().role != raft::RoleName::kLeader) continue;
    if (newest == nullptr || node->status().term > newest->status().term) newest = node;
  }
  return newest;
}

/// A client knows the members, not which of them are up.
Node* World::choose(Dice& dice) {
  std::vector<Node*> all = nodes();
  if (all.empty()) return nullptr;
  Node* chosen = dice.pick(all);
  return chosen->running() ? chosen : nullptr;
}

void World::gone(raft::NodeId id) {
  watch_clients_.gone(id);
  clients_.gone(id);
  if (!restarts_ || retired_.contains(id)) return;
  queue_.after(dice_.long_tailed(kRestartTypical), [this, id] {
    Node* down = node(id);
    if (down != nullptr && !down->running() && restarts_) restart(*down);
  });
}

void World::restart(Node& node) {
  if (node.running() || retired_.contains(node.self())) return;
  node.start();
}

void World::retire(raft::NodeId id) {
  retired_.insert(id);
  if (Node* leaving = node(id); leaving != nullptr && leaving->running()) leaving->crash(false);
}

void World::isolate(raft::NodeId id) {
  for (const auto& [other, unused] : nodes_) {
    if (other != id) network_.cut_both(id, other);
  }
}

void World::rejoin(raft::NodeId id) {
  for (const auto& [other, unused] : nodes_) network_.mend(id, other);
}

void World::compare(raft::NodeId id) {
  const Node& standing = *node(id);
  kv_.stands(id, standing.machine().applied(), standing.machine().view());
}

void World::finish() {
  ++coverage_.seeds;
  coverage_.events += queue_.happened();
  coverage_.virtual_micros += now();
  coverage_.entries += kv_.applied_anywhere().value();
}

}  // namespace sim
