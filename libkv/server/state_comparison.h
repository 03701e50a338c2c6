// Whether the members' states are the same, and which one is not: compared where they stood at the same
// entry.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "libkv/machine/member_info.h"
#include "libkv/server/point_rings.h"

namespace kv {

/// What the newest entry says at which enough members are known.
struct Comparison {
  enum class Result : std::uint8_t {
    kUnknown,  ///< too few members have told
    kAgrees,   ///< a majority of the voters has this member's state
    kOdd,      ///< a majority of the voters has one state, and this member another
    kSplit,    ///< there are different states, and none of them is a majority's
  };
  Result result = Result::kUnknown;
  raft::Index index;
  std::uint64_t own = 0;
  std::uint64_t theirs = 0;          ///< kOdd: the majority's; kSplit: that of the first of `others`
  std::vector<raft::NodeId> others;  ///< kOdd: who makes the majority; kSplit: whose state is not this one's
};

/// Thread: one.
class StateComparison {
 public:
  explicit StateComparison(raft::NodeId self) : self_(self) {}

  void own(const StatePoint& point) { own_.add(point); }
  /// True when it is the first word of that member's state, which so has heard nothing of this one yet.
  bool heard(raft::NodeId from, std::uint64_t life, std::span<const StatePoint> points);
  /// This member goes over to another state.
  void forget_own() { own_ = {}; }
  /// Whoever is no member.
  void forget_all_but(const std::vector<MemberInfo>& members);

  [[nodiscard]] Comparison compare(const std::vector<MemberInfo>& members) const;
  /// What to tell the others.
  [[nodiscard]] std::vector<StatePoint> to_tell() const { return own_.newest(PointRings::kTold); }

 private:
  struct Other {
    std::uint64_t life = 0;
    PointRings points;
  };

  [[nodiscard]] Comparison compare_at(const StatePoint& point, const std::vector<MemberInfo>& members) const;

  const raft::NodeId self_;
  PointRings own_;
  std::map<raft::NodeId, Other> others_;
};

}  // namespace kv
