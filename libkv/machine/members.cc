#include "libkv/machine/members.h"

#include <algorithm>

namespace kv {
namespace {

/// A learner that stays one until it is told otherwise: what etcd counts and limits.
bool stays_learner(const MemberInfo& member) {
  return member.learner && !member.promote_when_caught_up;
}

}  // namespace

MemberTable::MemberTable(std::vector<MemberInfo> members, std::vector<raft::NodeId> removed)
    : members_(std::move(members)), removed_(removed.begin(), removed.end()) {
  std::sort(members_.begin(), members_.end(),
            [](const MemberInfo& a, const MemberInfo& b) { return a.id < b.id; });
}

raft::Result<MemberTable> MemberTable::from_rows(const std::vector<Row>& rows) {
  std::vector<MemberInfo> members;
  std::vector<raft::NodeId> removed;
  for (const auto& [key, value] : rows) {
    ASSIGN_OR_RETURN(DecodedMember decoded, decode_member(key, value));
    if (decoded.removed) {
      removed.push_back(decoded.member.id);
    } else {
      members.push_back(std::move(decoded.member));
    }
  }
  return MemberTable(std::move(members), std::move(removed));
}

void MemberTable::publish(const PublishMemberOp& op) {
  MemberInfo* const member = known(op.member);
  if (member == nullptr) return;
  member->name = op.name;
  member->client_urls = op.client_urls;
  changed_.insert(op.member);
}

std::expected<MemberInfo, KvError> MemberTable::add(const AddMemberOp& op) {
  if (auto allowed = may_add(op); !allowed) return std::unexpected(allowed.error());
  MemberInfo member = op.member;
  if (member.replaces) succeed(member);
  const auto place = std::find_if(members_.begin(), members_.end(),
                                  [&](const MemberInfo& other) { return member.id < other.id; });
  members_.insert(place, member);
  changed_.insert(member.id);
  return member;
}

std::expected<void, KvError> MemberTable::may_add(const AddMemberOp& op) const {
  const MemberInfo& member = op.member;
  if (removed_.contains(member.id)) return std::unexpected(KvError::kMemberNotFound);
  if (find(member.id) != nullptr) return std::unexpected(KvError::kMemberExists);
  if (url_taken(member)) return std::unexpected(KvError::kPeerUrlExists);
  if (member.replaces) {
    if (find(*member.replaces) == nullptr) return std::unexpected(KvError::kMemberNotFound);
    if (successor_of(*member.replaces) != nullptr) return std::unexpected(KvError::kBeingReplaced);
  } else if (stays_learner(member) && learners() >= op.learners_max) {
    return std::unexpected(KvError::kTooManyLearners);
  }
  if (members_.size() >= raft::kMembersMax) return std::unexpected(KvError::kTooManyMembers);
  return {};
}

/// A voter keeps its vote until `incoming` has one. Who has none to keep leaves at once, and `incoming` is
/// what it was.
void MemberTable::succeed(MemberInfo& incoming) {
  const MemberInfo outgoing = *find(*incoming.replaces);
  incoming.learner = true;
  incoming.promote_when_caught_up = !stays_learner(outgoing);
  if (!outgoing.learner) return;
  incoming.replaces = outgoing.replaces;
  drop(outgoing.id);
}

std::expected<MemberInfo, KvError> MemberTable::remove(const RemoveMemberOp& op) {
  const MemberInfo* const found = find(op.member);
  if (found == nullptr) return std::unexpected(KvError::kMemberNotFound);
  if (!leaves_a_voter(op.member)) return std::unexpected(KvError::kNotEnoughStarted);
  MemberInfo member = *found;
  drop(op.member);
  return member;
}

std::expected<MemberInfo, KvError> MemberTable::update(const UpdateMemberOp& op) {
  MemberInfo* const member = known(op.member);
  if (member == nullptr) return std::unexpected(KvError::kMemberNotFound);
  MemberInfo updated = *member;
  updated.peer_urls = op.peer_urls;
  if (url_taken(updated)) return std::unexpected(KvError::kPeerUrlExists);
  *member = updated;
  changed_.insert(op.member);
  return updated;
}

std::expected<MemberInfo, KvError> MemberTable::promote(const PromoteMemberOp& op) {
  MemberInfo* const member = known(op.member);
  if (member == nullptr) return std::unexpected(KvError::kMemberNotFound);
  if (!member->learner) return std::unexpected(KvError::kNotLearner);
  member->learner = false;
  member->promote_when_caught_up = false;
  changed_.insert(op.member);
  return *member;
}

void MemberTable::configured(const raft::Membership& membership) {
  std::vector<raft::NodeId> gone;
  for (MemberInfo& member : members_) {
    if (!raft::is_in(membership.voters, member.id)) continue;
    if (member.promote_when_caught_up) {
      member.learner = false;
      member.promote_when_caught_up = false;
      changed_.insert(member.id);
    }
    if (member.replaces && !membership.has(*member.replaces)) gone.push_back(*member.replaces);
  }
  for (const raft::NodeId id : gone) drop(id);
}

std::vector<Row> MemberTable::take_changed_rows() {
  std::vector<Row> rows;
  for (const raft::NodeId id : changed_) {
    const MemberInfo* const member = find(id);
    rows.push_back(member != nullptr ? member_row(*member) : removed_row(id));
  }
  changed_.clear();
  return rows;
}

const MemberInfo* MemberTable::find(raft::NodeId id) const {
  const auto at =
      std::lower_bound(members_.begin(), members_.end(), id,
                       [](const MemberInfo& member, raft::NodeId wanted) { return member.id < wanted; });
  return at != members_.end() && at->id == id ? &*at : nullptr;
}

MemberInfo* MemberTable::known(raft::NodeId id) {
  const MemberInfo* const found = find(id);
  return found == nullptr ? nullptr : &members_[static_cast<std::size_t>(found - members_.data())];
}

raft::MembershipTarget MemberTable::target() const {
  raft::MembershipTarget target;
  for (const MemberInfo& member : members_) {
    if (member.replaces) target.replacements.emplace_back(member.id, *member.replaces);
    if (successor_of(member.id) != nullptr) continue;
    (stays_learner(member) ? target.learners : target.voters).push_back(member.id);
  }
  return target;
}

const MemberInfo* MemberTable::successor_of(raft::NodeId id) const {
  const auto at = std::find_if(members_.begin(), members_.end(),
                               [id](const MemberInfo& member) { return member.replaces == id; });
  return at == members_.end() ? nullptr : &*at;
}

/// Whether another member has one of its peer URLs. Who takes another's place may take its URLs as well: the
/// usual case is a machine whose disk was lost.
bool MemberTable::url_taken(const MemberInfo& member) const {
  return std::any_of(members_.begin(), members_.end(), [&](const MemberInfo& other) {
    if (other.id == member.id || member.replaces == other.id || other.replaces == member.id) return false;
    return std::any_of(member.peer_urls.begin(), member.peer_urls.end(), [&](const std::string& url) {
      return std::find(other.peer_urls.begin(), other.peer_urls.end(), url) != other.peer_urls.end();
    });
  });
}

/// The last voter may not leave, nor may it while those that will vote are only learning.
bool MemberTable::leaves_a_voter(raft::NodeId leaving) const {
  return std::any_of(members_.begin(), members_.end(),
                     [leaving](const MemberInfo& member) { return member.id != leaving && !member.learner; });
}

std::size_t MemberTable::learners() const {
  return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), stays_learner));
}

void MemberTable::drop(raft::NodeId id) {
  std::erase_if(members_, [id](const MemberInfo& member) { return member.id == id; });
  removed_.insert(id);
  changed_.insert(id);
  for (MemberInfo& member : members_) {
    if (member.replaces != id) continue;
    member.replaces.reset();
    changed_.insert(member.id);
  }
}

}  // namespace kv
