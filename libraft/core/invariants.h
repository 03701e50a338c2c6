// What must hold of one core after every step. Run by every test of the core and by the simulator.
#pragma once

#include <optional>
#include <string>

#include "libraft/core/core.h"

namespace raft {

/// The first invariant that this core breaks, in words; nothing when all hold.
std::optional<std::string> broken_invariant(const Core& core);

/// The first rule that the change from `before` to `after` breaks: terms and commit index never go back, a
/// term has one leader, a leader never truncates its log.
std::optional<std::string> broken_transition(const CoreStatus& before, const CoreStatus& after);

}  // namespace raft
