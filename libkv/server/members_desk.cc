#include "libkv/server/members_desk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "libkv/server/reconfiguration.h"

namespace kv {
namespace {

/// How often the connections are looked at.
constexpr std::chrono::milliseconds kLookPause{250};

}  // namespace

MembersDesk::MembersDesk(const MembersDeskOptions& options, Office& office, const Machine& machine,
                         PromotionDesk& promotions, MembersDeskParts parts)
    : options_(options),
      office_(office),
      machine_(machine),
      promotions_(promotions),
      parts_(std::move(parts)),
      peers_(office.self(), parts_.peers_changed),
      reach_(office.self()) {
  look();
}

void MembersDesk::look() {
  peers_.read({.members = machine_.members(),
               .configuration = machine_.configuration().members,
               .removed = machine_.was_removed(office_.self())});
  parts_.want(machine_.membership_target());
}

/// The table of members may have changed: by a command, or by the configuration that finishes one.
void MembersDesk::applied(AppliedBatch& batch) {
  const bool configured = std::ranges::any_of(
      batch.entries, [](const raft::Entry& entry) { return entry.type == raft::EntryType::kConfiguration; });
  if (configured || batch.holds<MembersResult>()) look();
}

void MembersDesk::ticked(Clock::time_point now) {
  if (now - looked_at_ < kLookPause) return;
  looked_at_ = now;
  reach_.look(now, office_.members(), [this](raft::NodeId id) { return office_.connected(id); });
}

std::optional<ServerError> MembersDesk::refused(const Operation& operation) const {
  if (!options_.strict_reconfig_check) return std::nullopt;
  const auto now = Clock::now();
  return refuse_change(office_.members(), operation, [&](raft::NodeId id) { return reach_.reach(now, id); });
}

/// Of a member that does not exist, or is no learner, the table of members says so itself.
PromotionWord MembersDesk::judge(raft::NodeId learner) const {
  const Operation operation = PromoteMemberOp{learner};
  if (learner_to_promote(office_.members(), operation) &&
      std::ranges::count(parts_.keeping_up(), learner) == 0) {
    return PromotionWord::kNotInSync;
  }
  const auto error = refused(operation);
  if (!error) return PromotionWord::kMay;
  return *error == ServerError::kLearnerNotReady ? PromotionWord::kNotInSync
                                                 : PromotionWord::kNotEnoughStarted;
}

void MembersDesk::change(Operation operation, WriteDone done, const WriteOptions& options) {
  if (const auto* const promotion = std::get_if<PromoteMemberOp>(&operation)) {
    return promote(*promotion, std::move(done), options);
  }
  if (const auto error = refused(operation)) {
    return done(std::unexpected(RequestFailure{*error, Stage::kQueued}));
  }
  office_.write(std::move(operation), std::move(done), options);
}

void MembersDesk::promote(const PromoteMemberOp& op, WriteDone done, const WriteOptions& options) {
  promotions_.ask(op.member, [this, op, options, done = std::move(done)](const auto& word) {
    const auto refuse = [&done](ServerError error) {
      done(std::unexpected(RequestFailure{error, Stage::kQueued}));
    };
    if (!word) return refuse(word.error().error);
    switch (*word) {
      case PromotionWord::kMay:
        return office_.write(op, done, options);
      case PromotionWord::kNotInSync:
        return refuse(ServerError::kLearnerNotReady);
      case PromotionWord::kNotEnoughStarted:
        return refuse(ServerError::kNotEnoughStarted);
    }
  });
}

bool MembersDesk::quorum_connected() const {
  std::size_t voters = 0;
  std::size_t connected = 0;
  for (const MemberInfo& member : office_.members()) {
    if (member.learner) continue;
    ++voters;
    if (member.id == office_.self() || office_.connected(member.id)) ++connected;
  }
  return 2 * connected > voters;
}

}  // namespace kv
