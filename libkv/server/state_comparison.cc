#include "libkv/server/state_comparison.h"

#include <algorithm>

namespace kv {

bool StateComparison::heard(raft::NodeId from, std::uint64_t life, std::span<const StatePoint> points) {
  const auto [at, unknown] = others_.try_emplace(from);
  Other& other = at->second;
  const bool first = unknown || other.life != life;
  if (first) other = {.life = life, .points = {}};
  std::vector<StatePoint> ascending(points.begin(), points.end());
  std::ranges::sort(ascending, {}, &StatePoint::index);
  for (const StatePoint& point : ascending) other.points.add(point);
  return first;
}

void StateComparison::forget_all_but(const std::vector<MemberInfo>& members) {
  std::erase_if(others_, [&members](const auto& other) {
    return std::ranges::find(members, other.first, &MemberInfo::id) == members.end();
  });
}

Comparison StateComparison::compare(const std::vector<MemberInfo>& members) const {
  std::vector<StatePoint> points = own_.newest(PointRings::kKept);
  std::ranges::sort(points, std::ranges::greater(), &StatePoint::index);
  Comparison split;
  for (const StatePoint& point : points) {
    Comparison found = compare_at(point, members);
    if (found.result == Comparison::Result::kAgrees || found.result == Comparison::Result::kOdd) return found;
    // A member that has not told yet may still make a majority of one of them, at an older entry too.
    if (split.result == Comparison::Result::kUnknown) split = std::move(found);
  }
  return split;
}

Comparison StateComparison::compare_at(const StatePoint& point,
                                       const std::vector<MemberInfo>& members) const {
  std::map<std::uint64_t, std::size_t> votes;
  std::vector<std::pair<raft::NodeId, std::uint64_t>> others;
  std::size_t voters = 0;
  for (const MemberInfo& member : members) {
    if (!member.learner) ++voters;
    std::optional<std::uint64_t> hash = point.hash;
    if (member.id != self_) {
      const auto other = others_.find(member.id);
      hash = other == others_.end() ? std::nullopt : other->second.points.at(point.index);
      if (hash) others.emplace_back(member.id, *hash);
    }
    if (hash && !member.learner) ++votes[*hash];
  }
  Comparison found{.index = point.index, .own = point.hash, .theirs = point.hash, .others = {}};
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  const bool decided = most != votes.end() && 2 * most->second > voters;
  if (decided && most->first == point.hash) {
    found.result = Comparison::Result::kAgrees;
    return found;
  }
  for (const auto& [id, hash] : others) {
    if (decided ? hash != most->first : hash == point.hash) continue;
    if (found.others.empty()) found.theirs = hash;
    found.others.push_back(id);
  }
  if (!found.others.empty()) found.result = decided ? Comparison::Result::kOdd : Comparison::Result::kSplit;
  return found;
}

}  // namespace kv
