#include "libkv/server/reconfiguration.h"

#include <algorithm>
#include <variant>

namespace kv {
namespace {

constexpr std::size_t majority_of(std::size_t voters) {
  return voters / 2 + 1;
}

/// etcd's word: a member has started when it has told its name.
bool has_started(const MemberInfo& member) {
  return !member.name.empty();
}

const MemberInfo* find(const std::vector<MemberInfo>& members, raft::NodeId id) {
  const auto at = std::find_if(members.begin(), members.end(),
                               [id](const MemberInfo& member) { return member.id == id; });
  return at == members.end() ? nullptr : &*at;
}

struct Refuser {
  const std::vector<MemberInfo>& members;
  const ReachOf& reach;

  template <class Condition>
  [[nodiscard]] std::size_t count_voters(Condition condition) const {
    return static_cast<std::size_t>(
        std::count_if(members.begin(), members.end(),
                      [&](const MemberInfo& member) { return !member.learner && condition(member); }));
  }
  [[nodiscard]] std::size_t voters() const {
    return count_voters([](const MemberInfo&) { return true; });
  }
  [[nodiscard]] std::size_t active_voters() const {
    return count_voters([this](const MemberInfo& member) { return reach(member.id) == Reach::kActive; });
  }

  std::optional<ServerError> operator()(const AddMemberOp& op) const {
    // Whoever replaces another makes the majority no larger: the usual reason is that the other is away.
    const std::size_t size = op.member.replaces ? voters() : voters() + 1;
    const std::size_t started = count_voters(has_started);
    // One that has started may always become two: how a cluster grows again after it was restored as one.
    const bool first_to_join = started == 1 && size == 2;
    if (!op.member.learner && !op.member.replaces && !first_to_join && started < majority_of(size)) {
      return ServerError::kNotEnoughStarted;
    }
    if (voters() > 1 && active_voters() < majority_of(size)) return ServerError::kUnhealthy;
    return std::nullopt;
  }

  std::optional<ServerError> operator()(const RemoveMemberOp& op) const {
    const MemberInfo* const leaving = find(members, op.member);
    if (leaving != nullptr && leaving->learner) return std::nullopt;
    const auto stays = [&op](const MemberInfo& member) { return member.id != op.member; };
    const std::size_t size = count_voters(stays);
    const std::size_t started =
        count_voters([&](const MemberInfo& member) { return stays(member) && has_started(member); });
    if (started < majority_of(size)) return ServerError::kNotEnoughStarted;
    if (reach(op.member) == Reach::kAway) return std::nullopt;  // it decides nothing now
    if (active_voters() < 1 + majority_of(voters() - 1)) return ServerError::kUnhealthy;
    return std::nullopt;
  }

  std::optional<ServerError> operator()(const PromoteMemberOp& op) const {
    const MemberInfo* const learner = find(members, op.member);
    if (learner == nullptr) return std::nullopt;
    if (!has_started(*learner)) return ServerError::kLearnerNotReady;  // etcd looks at this first
    if (!learner->learner) return std::nullopt;
    if (count_voters(has_started) + 1 < majority_of(voters() + 1)) return ServerError::kNotEnoughStarted;
    return std::nullopt;
  }

  template <class Other>
  std::optional<ServerError> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<ServerError> refuse_change(const std::vector<MemberInfo>& members, const Operation& operation,
                                         const ReachOf& reach) {
  return std::visit(Refuser{members, reach}, operation);
}

std::optional<raft::NodeId> learner_to_promote(const std::vector<MemberInfo>& members,
                                               const Operation& operation) {
  const auto* const op = std::get_if<PromoteMemberOp>(&operation);
  if (op == nullptr) return std::nullopt;
  const MemberInfo* const member = find(members, op->member);
  return member != nullptr && member->learner ? std::optional(op->member) : std::nullopt;
}

bool may_lead(const std::vector<MemberInfo>& members, raft::NodeId id) {
  const MemberInfo* const member = find(members, id);
  return member != nullptr && !member->learner;
}

}  // namespace kv
