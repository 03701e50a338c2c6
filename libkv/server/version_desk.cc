#include "libkv/server/version_desk.h"

#include <algorithm>

#include "libraft/core/describe.h"

namespace kv {

void VersionDesk::heard(Time now, raft::NodeId from, const VersionNote& note) {
  const std::lock_guard lock(mutex_);
  // Those that left are forgotten here: the rest is as many as there are members.
  std::erase_if(told_, [now](const auto& one) { return now - one.second.at > kToldFor; });
  told_[from] = {.knows = note.knows, .at = now};
}

std::uint32_t VersionDesk::known_by(Time now, raft::NodeId member) const {
  if (member == self_) return known_;
  const auto found = told_.find(member);
  return found != told_.end() && now - found->second.at <= kToldFor ? found->second.knows : 0;
}

std::optional<RaiseVersionOp> VersionDesk::due(Time now, const std::vector<MemberInfo>& members,
                                               std::uint32_t cluster) const {
  RaiseVersionOp op{.version = known_, .members = {}};
  const std::lock_guard lock(mutex_);
  for (const MemberInfo& member : members) {
    op.version = std::min(op.version, known_by(now, member.id));
    op.members.push_back(member.id);
  }
  return op.version > cluster && !members.empty() ? std::optional(std::move(op)) : std::nullopt;
}

std::string VersionDesk::lacking(Time now, const std::vector<MemberInfo>& members,
                                 std::uint32_t version) const {
  std::string text;
  const std::lock_guard lock(mutex_);
  for (const MemberInfo& member : members) {
    const std::uint32_t knows = known_by(now, member.id);
    if (knows >= version) continue;
    text += (text.empty() ? "member " : ", member ") + raft::describe(member.id);
    if (!member.name.empty()) text += " (" + member.name + ")";
    text += knows == 0 ? " has not told what it knows" : " knows version " + std::to_string(knows);
  }
  return text.empty() ? "all members know it, and are about to agree on it" : text;
}

}  // namespace kv
