#include "libraft/core/membership.h"

#include <algorithm>

namespace raft {
namespace {

bool contains(const std::vector<NodeId>& ids, NodeId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool Membership::is_voter(NodeId id) const {
  return contains(voters, id) || contains(outgoing, id);
}

bool Membership::is_learner(NodeId id) const {
  return contains(learners, id) && !is_voter(id);
}

std::vector<NodeId> Membership::peers_of(NodeId self) const {
  std::vector<NodeId> peers = voters;
  peers.insert(peers.end(), outgoing.begin(), outgoing.end());
  peers.insert(peers.end(), learners.begin(), learners.end());
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  std::erase(peers, self);
  return peers;
}

}  // namespace raft
