#include "libraft/core/reconfigure.h"

#include <algorithm>

namespace raft {
namespace {

using Ids = std::vector<NodeId>;

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Ids without(Ids ids, const Ids& gone) {
  std::erase_if(ids, [&](NodeId id) { return is_in(gone, id); });
  return ids;
}

/// The voters that can be had at once.
Ids reachable_voters(const Membership& now, const MembershipTarget& target, const CaughtUp& caught_up) {
  Ids voters;
  for (NodeId id : target.voters) {
    if (is_in(now.voters, id) || (is_in(now.learners, id) && caught_up(id))) voters.push_back(id);
  }
  for (const auto& [incoming, outgoing] : target.replacements) {
    if (!is_in(voters, incoming) && is_in(now.voters, outgoing)) voters.push_back(outgoing);
  }
  return sorted(std::move(voters));
}

}  // namespace

Membership left_joint(const Membership& joint) {
  return {.voters = joint.voters, .outgoing = {}, .learners = joint.learners};
}

std::optional<Membership> next_membership(const Membership& now, const MembershipTarget& target,
                                          const CaughtUp& caught_up) {
  if (now.joint()) return left_joint(now);
  Ids wanted = target.voters;
  wanted.insert(wanted.end(), target.learners.begin(), target.learners.end());
  const Ids voters = reachable_voters(now, target, caught_up);
  if (voters.empty()) return std::nullopt;
  // Learners first, in a configuration of their own: they count for nothing, so it needs no joint step.
  Ids learners = now.learners;
  for (NodeId id : wanted) {
    if (!is_in(now.voters, id)) learners.push_back(id);
  }
  std::erase_if(learners, [&](NodeId id) { return !is_in(wanted, id); });
  learners = sorted(std::move(learners));
  if (learners != sorted(now.learners)) return Membership{now.voters, {}, learners};
  if (voters == sorted(now.voters)) return std::nullopt;
  // A voter that is to learn only is a learner from now on; until the joint state is left it votes as well.
  for (NodeId id : now.voters) {
    if (!is_in(voters, id) && is_in(wanted, id)) learners.push_back(id);
  }
  return Membership{voters, now.voters, sorted(without(std::move(learners), voters))};
}

}  // namespace raft
