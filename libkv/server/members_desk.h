// The members of the cluster as this one sees them, and what is asked before one comes, goes or is promoted.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "libkv/machine/machine.h"
#include "libkv/server/desk.h"
#include "libkv/server/office.h"
#include "libkv/server/peer_book.h"
#include "libkv/server/promotion_desk.h"
#include "libkv/server/reach_table.h"

namespace kv {

struct MembersDeskOptions {
  /// etcd's option of that name: changes of members that could cost the quorum are refused.
  bool strict_reconfig_check = true;
};

/// What the desk needs beside the office.
struct MembersDeskParts {
  PeerBook::Tell peers_changed;
  std::function<void(raft::MembershipTarget)> want;  ///< as raft::Driver's; nothing before it has started
  std::function<std::vector<raft::NodeId>()> keeping_up;  ///< as raft::Driver's
};

/// Thread: any.
class MembersDesk final : public Desk {
 public:
  /// Owns none of them.
  MembersDesk(const MembersDeskOptions& options, Office& office, const Machine& machine,
              PromotionDesk& promotions, MembersDeskParts parts);

  /// As KvServer::change_members.
  void change(Operation operation, WriteDone done, const WriteOptions& options);
  /// Whether that learner may be promoted, while this member leads.
  [[nodiscard]] PromotionWord judge(raft::NodeId learner) const;
  /// For raft::DriverEvents.
  void configured(const raft::Membership& membership) { peers_.configured(membership); }

  [[nodiscard]] bool is_learner() const { return peers_.is_learner(); }
  [[nodiscard]] bool is_removed() const { return peers_.is_removed(); }
  [[nodiscard]] bool quorum_connected() const;

  // Desk
  void applied(AppliedBatch& batch) override;
  void installed() override { look(); }
  void ticked(Clock::time_point now) override;

 private:
  void look();
  [[nodiscard]] std::optional<ServerError> refused(const Operation& operation) const;
  void promote(const PromoteMemberOp& op, WriteDone done, const WriteOptions& options);

  const MembersDeskOptions options_;
  Office& office_;
  const Machine& machine_;
  PromotionDesk& promotions_;
  const MembersDeskParts parts_;
  PeerBook peers_;
  ReachTable reach_;
  Clock::time_point looked_at_;  // the connections; of ticked()
};

}  // namespace kv
