// etcd's strict-reconfig-check (contract section 7.4): what is refused before a change of members is
// proposed, because too few would be left to decide.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/server/server.h"

namespace kv {

/// A member counts as active once it has been connected for so long.
inline constexpr std::chrono::seconds kActiveAfter{5};

/// How well this member sees another one.
enum class Reach : std::uint8_t {
  kAway,    ///< not connected
  kFresh,   ///< connected, for less than kActiveAfter
  kActive,  ///< connected for kActiveAfter at least; or this member itself
};
using ReachOf = std::function<Reach(raft::NodeId)>;

/// The refusal, when there is one. Operations that change no voter are never refused. What the member table
/// itself refuses (an unknown id, a learner that is none) is left to it.
std::optional<ServerError> refuse_change(const std::vector<MemberInfo>& members, const Operation& operation,
                                         const ReachOf& reach);

/// The learner that the operation makes a voter, so that it matters how far it has come.
std::optional<raft::NodeId> learner_to_promote(const std::vector<MemberInfo>& members,
                                               const Operation& operation);

/// Whether leadership may go to this one.
bool may_lead(const std::vector<MemberInfo>& members, raft::NodeId id);

}  // namespace kv
