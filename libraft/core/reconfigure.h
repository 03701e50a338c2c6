// The way from one membership to another (§6): which configuration a leader proposes next.
#pragma once

#include <functional>
#include <optional>

#include "libraft/core/membership.h"

namespace raft {

/// True for a member whose log is close enough behind the leader's that its vote may be counted on.
using CaughtUp = std::function<bool(NodeId)>;

/// The configuration to propose next; nothing when `now` is as near to `target` as it can be:
///   a joint configuration is left;
///   whoever is to vote and is not here yet enters as a learner, which costs no majority anything;
///   whoever has caught up becomes a voter, whoever is not wanted leaves, all in one joint change.
/// A member that is being replaced stays a voter until the one that replaces it can be. Never empties the
/// voters.
std::optional<Membership> next_membership(const Membership& now, const MembershipTarget& target,
                                          const CaughtUp& caught_up);

/// How a joint configuration is left.
Membership left_joint(const Membership& joint);

}  // namespace raft
