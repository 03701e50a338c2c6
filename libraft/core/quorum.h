// One algebra of majorities: commit index, read confirmation, votes and check-quorum are all "the largest
// value that a quorum has reached". An empty half agrees to everything, so a plain configuration is a joint
// one without a second half.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "libraft/base/mutant.h"
#include "libraft/core/membership.h"

namespace raft {

namespace detail {

template <class ValueOf>
std::uint64_t majority_value(const std::vector<NodeId>& half, ValueOf value_of) {
  if (half.empty()) return std::numeric_limits<std::uint64_t>::max();
  std::vector<std::uint64_t> values;
  values.reserve(half.size());
  for (NodeId id : half) values.push_back(value_of(id));
  auto median = values.begin() + static_cast<std::ptrdiff_t>(half.size() / 2);
  std::nth_element(values.begin(), median, values.end(), std::greater<>());
  return *median;
}

}  // namespace detail

/// The largest value v such that a quorum of the configuration has value_of(id) >= v.
template <class ValueOf>
std::uint64_t quorum_value(const Membership& membership, ValueOf value_of) {
  if (RAFT_MUTANT(kJointCountsOneHalf)) return detail::majority_value(membership.voters, value_of);
  return std::min(detail::majority_value(membership.voters, value_of),
                  detail::majority_value(membership.outgoing, value_of));
}

/// True when a quorum satisfies the predicate.
template <class Predicate>
bool quorum_of(const Membership& membership, Predicate holds) {
  return quorum_value(membership, [&](NodeId id) { return holds(id) ? 1U : 0U; }) >= 1;
}

}  // namespace raft
