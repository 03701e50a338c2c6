#include "libkv/server/reach_table.h"

namespace kv {

void ReachTable::look(Clock::time_point now, const std::vector<MemberInfo>& members,
                      const Connected& connected) {
  std::lock_guard lock(mutex_);
  std::map<raft::NodeId, Clock::time_point> since;
  for (const MemberInfo& member : members) {
    if (member.id == self_ || !connected(member.id)) continue;
    const auto known = since_.find(member.id);
    since.emplace(member.id, known == since_.end() ? now : known->second);
  }
  since_ = std::move(since);
}

Reach ReachTable::reach(Clock::time_point now, raft::NodeId id) const {
  if (id == self_) return Reach::kActive;
  std::lock_guard lock(mutex_);
  const auto known = since_.find(id);
  if (known == since_.end()) return Reach::kAway;
  return now - known->second >= kActiveAfter ? Reach::kActive : Reach::kFresh;
}

}  // namespace kv
