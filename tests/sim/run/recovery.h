// What must happen once the faults are over.
#pragma once

#include "tests/sim/world/world.h"

namespace sim {

/// A member leads, everyone that counts takes a write and a read, the membership is what was asked for, and
/// all states become equal. Fails the world where that takes too long. `core`: the members that are well.
void expect_recovery(World& world, const std::vector<raft::NodeId>& core);

}  // namespace sim
