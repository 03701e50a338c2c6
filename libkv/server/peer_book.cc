#include "libkv/server/peer_book.h"

#include <algorithm>
#include <utility>

namespace kv {

void PeerBook::read(Applied applied) {
  const auto self = std::find_if(applied.members.begin(), applied.members.end(),
                                 [this](const MemberInfo& member) { return member.id == self_; });
  learner_.store(self != applied.members.end() && self->learner, std::memory_order_relaxed);
  removed_.store(applied.removed, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  applied_ = std::move(applied);
  tell();
}

void PeerBook::configured(const raft::Membership& membership) {
  std::lock_guard lock(mutex_);
  membership_ = membership;
  tell();
}

/// Those who leave the table stay known while the replica counts with them, and until it is applied that it
/// does not: before that they may be needed, and cannot be told that they are gone. Needs the lock.
void PeerBook::tell() {
  std::map<raft::NodeId, MemberInfo> peers;
  for (const MemberInfo& member : applied_.members) peers.emplace(member.id, member);
  for (const auto& [id, member] : peers_) {
    if (membership_.has(id) || applied_.configuration.has(id)) peers.emplace(id, member);
  }
  if (peers == std::exchange(peers_, peers) || !tell_) return;
  std::vector<MemberInfo> all;
  for (const auto& [id, member] : peers_) all.push_back(member);
  tell_(all);
}

}  // namespace kv
