#include "libraft/core/membership.h"

#include <algorithm>

#include "libraft/base/bytes.h"

namespace raft {
namespace {

constexpr std::uint8_t kMembershipFormat = 1;

}  // namespace

bool is_in(const std::vector<NodeId>& ids, NodeId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool Membership::is_voter(NodeId id) const {
  return is_in(voters, id) || is_in(outgoing, id);
}

bool Membership::is_learner(NodeId id) const {
  return is_in(learners, id) && !is_voter(id);
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

std::string encode_membership(const Membership& membership) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.u8(kMembershipFormat);
  for (const auto* ids : {&membership.voters, &membership.outgoing, &membership.learners}) {
    writer.varint(ids->size());
    for (NodeId id : *ids) writer.u64(id.value());
  }
  return bytes;
}

Result<Membership> decode_membership(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t format = reader.u8();
  if (reader.ok() && format != kMembershipFormat) {
    return fail(
        ErrorCode::kMismatch, "membership",
        "format " + std::to_string(format) + ", this version reads " + std::to_string(kMembershipFormat));
  }
  Membership membership;
  for (auto* ids : {&membership.voters, &membership.outgoing, &membership.learners}) {
    const std::uint64_t count = reader.varint();
    if (count > kMembersMax) reader.reject();
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) ids->push_back(NodeId(reader.u64()));
  }
  if (!reader.done()) return fail(ErrorCode::kCorruption, "membership", "malformed");
  return membership;
}

}  // namespace raft
