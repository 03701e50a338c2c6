// Who counts: the voters, while a change is under way the outgoing voters too (§6), and the learners.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace raft {

bool is_in(const std::vector<NodeId>& ids, NodeId id);

/// A configuration. A decision needs a majority of `voters` and, when it is not empty, of `outgoing` too.
struct Membership {
  std::vector<NodeId> voters;
  std::vector<NodeId> outgoing;
  std::vector<NodeId> learners;

  [[nodiscard]] bool is_voter(NodeId id) const;
  [[nodiscard]] bool is_learner(NodeId id) const;
  /// In any of the three lists.
  [[nodiscard]] bool has(NodeId id) const { return is_voter(id) || is_learner(id); }
  /// Everyone but `self` who is sent entries: sorted, each once.
  [[nodiscard]] std::vector<NodeId> peers_of(NodeId self) const;

  /// True while a change of voters is under way (§6).
  [[nodiscard]] bool joint() const { return !outgoing.empty(); }

  bool operator==(const Membership&) const = default;
};

/// A membership and the entry that made it; index 0: what the member was started with.
struct Configuration {
  Index index;
  Membership members;

  bool operator==(const Configuration&) const = default;
};

/// Who is to vote and who is to learn, as the state machine's member table says: where a leader steers the
/// membership (reconfigure.h). Sorted.
struct MembershipTarget {
  std::vector<NodeId> voters;
  std::vector<NodeId> learners;
  /// Incoming and outgoing: the outgoing one is in neither list and stays a voter until the incoming one is.
  std::vector<std::pair<NodeId, NodeId>> replacements;

  bool operator==(const MembershipTarget&) const = default;
};

/// The payload of an EntryType::kConfiguration entry; also how states and snapshots keep a membership.
std::string encode_membership(const Membership& membership);
/// kCorruption when the bytes are not a membership, kMismatch for a format of a newer version. Bounded by
/// kMembersMax.
Result<Membership> decode_membership(std::string_view bytes);

/// Far above any sensible cluster: it bounds what a reader of disk or network may be asked to hold.
inline constexpr std::size_t kMembersMax = 1024;

}  // namespace raft
