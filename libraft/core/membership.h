// Who counts: the voters, while a change is under way the outgoing voters too (§6), and the learners.
#pragma once

#include <span>
#include <vector>

#include "libraft/core/types.h"

namespace raft {

/// A configuration. A decision needs a majority of `voters` and, when it is not empty, of `outgoing` too.
struct Membership {
  std::vector<NodeId> voters;
  std::vector<NodeId> outgoing;
  std::vector<NodeId> learners;

  [[nodiscard]] bool is_voter(NodeId id) const;
  [[nodiscard]] bool is_learner(NodeId id) const;
  /// Everyone but `self` who is sent entries: sorted, each once.
  [[nodiscard]] std::vector<NodeId> peers_of(NodeId self) const;

  bool operator==(const Membership&) const = default;
};

}  // namespace raft
