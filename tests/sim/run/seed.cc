#include "tests/sim/run/seed.h"

#include <algorithm>

#include "tests/sim/run/recovery.h"
#include "tests/sim/world/faults.h"

namespace sim {
namespace {

constexpr std::uint64_t kHealConcern = 5;
/// Streams may hold one event at a time, and thousands may be missing.
constexpr Micros kWatchesCatchUp = 900 * kSecond;

/// Half the time everyone is well again. Else only a quorum is, and the others stay as they are for ever;
/// that needs a membership that is known.
std::vector<raft::NodeId> heal(World& world) {
  Dice dice(world.options().seed, kHealConcern);
  std::vector<raft::NodeId> core;
  for (const Node* node : world.nodes()) core.push_back(node->self());
  const bool bare = world.options().faults.membership == 0 && core.size() > 2 && dice.percent(50);
  if (bare) {
    world.coverage().hit(Sometimes::kCoreQuorumOnly);
    while (core.size() > world.options().members / 2 + 1) {
      const auto left_out = core.begin() + static_cast<std::ptrdiff_t>(dice.below(core.size()));
      world.isolate(*left_out);
      core.erase(left_out);
    }
  }
  for (const raft::NodeId id : core) world.restart(*world.node(id));
  return core;
}

}  // namespace

SeedResult run_seed(const SimOptions& options, Trace& trace, Coverage& coverage) {
  if (options.replica.core.lease_reads) coverage.hit(Sometimes::kLeaseReads);
  World world(options, trace, coverage);
  Faults faults(world);
  world.clients().start();
  world.lease_clients().start();
  world.session_clients().start();
  world.auth_clients().start();
  world.watch_clients().start();
  faults.start();
  world.run_for(options.duration);
  faults.stop();
  world.clients().stop();
  world.lease_clients().stop();
  world.session_clients().stop();
  world.auth_clients().stop();
  const std::vector<raft::NodeId> core = heal(world);
  if (!world.failed()) expect_recovery(world, core);
  world.watch_clients().calm_down();
  if (!world.failed() && !world.run_until(kWatchesCatchUp, [&] { return world.watches_reached_all(); })) {
    world.fail("after everything was healed, a watch is not told everything");
  }
  if (!world.failed()) world.clients().check();
  world.finish();
  return {world.failed(), world.failed() ? world.failure() : "", trace.hash()};
}

}  // namespace sim
