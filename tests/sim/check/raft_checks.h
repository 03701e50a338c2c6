// Raft's safety, held against every member after every event (Figure 3 of the paper, and what each member
// promises by its messages).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libraft/core/core.h"
#include "libraft/log/log_store.h"
#include "tests/sim/check/log_image.h"
#include "tests/sim/check/verdict.h"
#include "tests/sim/run/coverage.h"

namespace sim {

/// Thread: one.
class RaftChecks {
 public:
  /// Index 1 is the founding entry, committed before the beginning.
  RaftChecks(Verdict& verdict, Coverage& coverage);

  /// A member's log was opened: it must hold what completed calls left, or that and the call cut short.
  void opened(raft::NodeId node, const raft::LogState& found);
  /// One call to the log is about to be made, and was completed.
  void writing(raft::NodeId node, const raft::LogBatch& batch);
  void truncating(raft::NodeId node, raft::EntryId base);
  void written(raft::NodeId node);
  /// A member's disk was replaced by an empty one, under an id never used before.
  void started_empty(raft::NodeId node);

  /// What is compared before and after a step.
  struct Moment {
    raft::CoreStatus status;
    raft::Membership membership;
  };
  void stepped(raft::NodeId node, const Moment& before, const raft::Core& core);
  /// A message leaves its member: is what it promises on disk?
  void leaving(raft::NodeId from, raft::NodeId to, const raft::Message& message);

  /// The newest index known to be committed anywhere.
  [[nodiscard]] raft::Index committed() const { return raft::Index(committed_.size() - 1); }
  [[nodiscard]] std::uint64_t leaders_elected() const { return leaders_.size(); }

 private:
  struct Committed {
    raft::Term term;
    raft::Term leader;  // the term in which it was committed first
  };
  struct Disk {
    LogImage image;
    std::vector<LogImage> possible;  // what a crash now may leave, beside `image`
    LogImage next;
  };

  void check_leader(raft::NodeId node, const raft::CoreStatus& before, const raft::Core& core);
  void check_membership(raft::NodeId node, const Moment& before, const raft::Core& core);
  void check_commit(raft::NodeId node, const Moment& before, const raft::Core& core);
  void check_new_commit(raft::NodeId node, const Moment& before, const raft::Core& core, raft::EntryId entry);
  void check_configuration(raft::NodeId node, const raft::Core& core);
  void check_vote(raft::NodeId from, raft::NodeId to, raft::Term term);
  [[nodiscard]] bool durable_on_quorum(const raft::Membership& membership, raft::EntryId entry);
  void fail(raft::NodeId node, const std::string& what);

  Verdict& verdict_;
  Coverage& coverage_;
  std::map<raft::NodeId, Disk> disks_;
  std::map<raft::Term, raft::NodeId> leaders_;
  std::map<std::pair<raft::NodeId, raft::Term>, raft::NodeId> votes_;
  std::vector<Committed> committed_;                        // by index
  std::map<raft::Index, raft::Membership> configurations_;  // committed ones
};

}  // namespace sim
