#include "libkv/server/peer_book.h"

#include <algorithm>
#include <utility>

namespace kv {

void PeerBook::read_table(std::vector<MemberInfo> members, bool removed) {
  const auto self = std::find_if(members.begin(), members.end(),
                                 [this](const MemberInfo& member) { return member.id == self_; });
  learner_.store(self != members.end() && self->learner, std::memory_order_relaxed);
  removed_.store(removed, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  members_ = std::move(members);
  tell();
}

void PeerBook::configured(const raft::Membership& membership) {
  std::lock_guard lock(mutex_);
  membership_ = membership;
  tell();
}

/// Those who leave the table stay known for as long as the replica counts with them. Needs the lock.
void PeerBook::tell() {
  std::map<raft::NodeId, MemberInfo> peers;
  for (const MemberInfo& member : members_) peers.emplace(member.id, member);
  const std::vector<raft::NodeId> counted = membership_.peers_of(self_);
  for (const auto& [id, member] : peers_) {
    if (std::binary_search(counted.begin(), counted.end(), id)) peers.emplace(id, member);
  }
  if (peers == std::exchange(peers_, peers) || !tell_) return;
  std::vector<MemberInfo> all;
  for (const auto& [id, member] : peers_) all.push_back(member);
  tell_(all);
}

}  // namespace kv
