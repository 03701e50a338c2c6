#include "libkv/server/version_desk.h"

#include <algorithm>

#include "libkv/machine/command_version.h"
#include "libraft/core/describe.h"

namespace kv {

void VersionDesk::applied(AppliedBatch& batch) {
  if (!batch.holds<RaiseVersionResult>()) return;
  for (const Applied& one : batch.outcomes) {
    if (!one.outcome.result) continue;
    const auto* const raised = std::get_if<RaiseVersionResult>(&*one.outcome.result);
    if (raised == nullptr) continue;
    office_.log(raft::LogLevel::kInfo, "event=command-version version=" + std::to_string(raised->version));
  }
}

void VersionDesk::received(raft::NodeId from, const Note& received) {
  const auto note = decode_version_note(received);
  if (!note) return;
  heard(Clock::now(), from, *note);
  look_.store(true, std::memory_order_relaxed);
  if (auto known = check_known(note->cluster, known_); !known) office_.fail(known.error());
}

/// Whoever leads now may be waiting for this word: a new cluster begins with all that its members know.
void VersionDesk::status_changed(const raft::CoreStatus& status) {
  if (status.leader == leader_) return;
  leader_ = status.leader;
  if (leader_) tell_.store(true, std::memory_order_relaxed);
}

/// To the others, and as a leader to the cluster when all of them told enough.
void VersionDesk::ticked(Time now) {
  const bool tell = tell_.exchange(false, std::memory_order_relaxed) || now - told_at_ >= kTellPause;
  const bool look = look_.exchange(false, std::memory_order_relaxed) || tell;
  if (!look) return;
  const std::vector<MemberInfo> members = office_.members();
  const VersionNote note{.knows = known_, .cluster = cluster_()};
  if (tell) {
    told_at_ = now;
    const std::string body = encode_version_note(note);
    for (const MemberInfo& member : members) {
      if (member.id != office_.self()) office_.send(member.id, {.kind = NoteKind::kVersion, .body = body});
    }
  }
  if (!office_.leads() || now - proposed_at_ < kTellPause) return;
  if (const auto raise = due(now, members, note.cluster)) {
    proposed_at_ = now;
    office_.propose(*raise, [](const auto&) {});
  }
}

void VersionDesk::heard(Time now, raft::NodeId from, const VersionNote& note) {
  const std::lock_guard lock(mutex_);
  // Those that left are forgotten here: the rest is as many as there are members.
  std::erase_if(told_, [now](const auto& one) { return now - one.second.at > kToldFor; });
  told_[from] = {.knows = note.knows, .at = now};
}

std::uint32_t VersionDesk::known_by(Time now, raft::NodeId member) const {
  if (member == office_.self()) return known_;
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
