// What the scripted scenarios share: a world without faults of its own, and words for what a script does.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/run/recovery.h"
#include "tests/sim/world/world.h"

namespace sim {

/// Each scenario runs over these seeds.
inline constexpr std::uint64_t kScenarioSeeds = 10;

/// As lossy as the labs' unreliable network: a tenth of everything is lost, the rest late and out of order.
NetworkOptions unreliable_network();
/// The log is cut every few entries and keeps next to nothing.
void compact_often(SimOptions& options);

/// One cluster and its script. A step that does not succeed fails the world, and so the test.
class Scenario {
 public:
  explicit Scenario(const SimOptions& options);
  ~Scenario();

  [[nodiscard]] World& world() { return *world_; }
  /// A member that leads and is not `except`.
  Node& leader(std::optional<raft::NodeId> except = std::nullopt);
  /// A member that does not lead.
  Node& follower();
  /// This many puts through that member, one after the other; each must succeed.
  void put(Node& node, int times = 1);
  /// A put that must not succeed within a few elections.
  void put_in_vain(Node& node);
  /// Puts through whoever leads.
  void agree(int times = 1) {
    for (int i = 0; i < times; ++i) put(leader());
  }
  /// Puts that no one waits for.
  void put_and_forget(Node& node, int times);
  void elections(int count) { world_->run_for(static_cast<Micros>(count) * world_->options().election()); }
  void crash(Node& node) { node.crash(true); }
  void crash_all();
  void start_all();
  /// Everything is healed and started: the members agree on everything.
  void expect_agreement();

 private:
  Micros patience() const { return 30 * world_->options().election(); }

  Trace trace_{Trace::Words::kLast};
  Coverage coverage_;
  std::unique_ptr<World> world_;
};

/// Runs `script` in a fresh world for every seed.
template <class Script>
void for_seeds(std::uint32_t members, Script script, bool unreliable = false, bool compacting = false) {
  for (std::uint64_t seed = 1; seed <= kScenarioSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options = calm_options(seed);
    options.members = members;
    if (unreliable) options.network = unreliable_network();
    if (compacting) compact_often(options);
    Scenario scenario(options);
    script(scenario);
    if (!scenario.world().failed()) scenario.expect_agreement();
    ASSERT_FALSE(scenario.world().failed()) << scenario.world().failure();
  }
}

}  // namespace sim
