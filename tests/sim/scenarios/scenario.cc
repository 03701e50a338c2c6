#include "tests/sim/scenarios/scenario.h"

#include "libraft/core/describe.h"

namespace sim {

NetworkOptions unreliable_network() {
  return {.delay_min = 0,
          .delay_typical = 13 * kMillisecond,
          .loss_permille = 100,
          .duplicate_permille = 20,
          .replay_permille = 5,
          .in_order = false};
}

void compact_often(SimOptions& options) {
  options.replica.compaction.entries = 10;
  options.replica.compaction.keep_entries = 2;
}

Scenario::Scenario(const SimOptions& options) : world_(std::make_unique<World>(options, trace_, coverage_)) {
  world_->set_restarts(false);
}

Scenario::~Scenario() = default;

Node& Scenario::leader(std::optional<raft::NodeId> except) {
  const bool found = world_->run_until(patience(), [&] {
    const Node* node = world_->leader();
    return node != nullptr && node->self() != except;
  });
  if (!found) {
    world_->fail("no leader");
    return *world_->nodes().front();
  }
  return *world_->leader();
}

Node& Scenario::follower() {
  const raft::NodeId led_by = leader().self();
  for (Node* node : world_->running()) {
    if (node->self() != led_by) return *node;
  }
  return *world_->nodes().front();
}

void Scenario::put(Node& node, int times) {
  for (int i = 0; i < times && !world_->failed(); ++i) {
    // A put may be lost on a lossy network, or with its leader: its client tries again.
    for (int attempt = 0; attempt < 10; ++attempt) {
      if (!node.running()) break;
      const std::uint64_t number = world_->clients().put(node, 4 * world_->options().election());
      if (world_->run_until(4 * world_->options().election(), [&] { return world_->clients().done(number); }))
        break;
      if (attempt == 9) world_->fail("member " + describe(node.self()) + " takes no put");
    }
  }
}

void Scenario::put_in_vain(Node& node) {
  const std::uint64_t number = world_->clients().put(node, 5 * world_->options().election());
  elections(6);
  if (world_->clients().done(number)) world_->fail("a put without a quorum was acknowledged");
}

void Scenario::put_and_forget(Node& node, int times) {
  for (int i = 0; i < times; ++i) world_->clients().put(node, 2 * world_->options().election());
}

void Scenario::crash_all() {
  for (Node* node : world_->running()) crash(*node);
}

void Scenario::start_all() {
  for (Node* node : world_->nodes()) world_->restart(*node);
}

void Scenario::expect_agreement() {
  world_->clients().stop();
  world_->network().mend_all();
  NetworkOptions good = world_->options().network;
  good.loss_permille = good.duplicate_permille = good.replay_permille = 0;
  world_->network().set_options(good);
  start_all();
  std::vector<raft::NodeId> all;
  for (const Node* node : world_->nodes()) all.push_back(node->self());
  expect_recovery(*world_, all);
  if (!world_->failed()) world_->clients().check();
}

}  // namespace sim
