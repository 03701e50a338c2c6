// One member: the core with its log, its outbox and its waiting clients. Inputs in, work out; no thread, no
// clock. The driver gives it threads in production, the simulator virtual time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/core/core.h"
#include "libraft/log/log_store.h"
#include "libraft/node/log_keeper.h"
#include "libraft/node/options.h"
#include "libraft/node/outbox.h"
#include "libraft/node/pending_reads.h"
#include "libraft/node/snapshot_jobs.h"
#include "libraft/node/snapshot_receiver.h"
#include "libraft/node/snapshot_senders.h"

namespace raft {

/// Everything that happened since the last step.
struct ReplicaInput {
  std::uint32_t ticks = 0;
  std::vector<std::pair<NodeId, std::vector<Message>>> messages;
  std::vector<SharedBytes> proposals;
  std::vector<std::uint64_t> read_tickets;
  std::optional<std::uint64_t> persisted;  ///< the newest write that has ended
  std::optional<Index> applied;            ///< the newest entry that the state machine has applied
  std::optional<TransferLeadership> transfer;
  std::optional<MembershipTarget> target;  ///< the state machine's word on the membership, when it is new
  std::optional<Index> synced;             ///< answer to ReplicaWork::sync
  std::vector<SnapshotResult> snapshots;   ///< answers to ReplicaWork::jobs
  bool paused = false;                     ///< time went by without ticks
};

/// Reads that may be served once `index` is applied.
struct ReadyReads {
  Index index;
  std::vector<std::uint64_t> tickets;
};

/// What a step wants done. Independent of each other: the replica has already held back what must wait.
struct ReplicaWork {
  std::optional<Persist> persist;
  Mail mail;
  std::vector<Entry> apply;  ///< contiguous; follows what was given before
  std::vector<ReadyReads> reads;
  /// After what was given to apply so far: make the state durable, answer ReplicaInput::synced.
  bool sync = false;
  /// After what was given to apply so far: go over to the finished state of this transfer. What `apply` holds
  /// in this same work comes behind it.
  std::optional<TransferId> install;
  std::vector<SnapshotJob> jobs;
};

/// Thread: one.
class Replica {
 public:
  /// `log` must outlive the replica; it is only read from here. `state`: where the state machine stands.
  static Result<Replica> create(const ReplicaOptions& options, const LogStore& log,
                                const SnapshotInfo& state);

  /// An error is a fault of the log on disk: the member must stop taking part.
  Result<ReplicaWork> step(ReplicaInput input);

  [[nodiscard]] CoreStatus status() const { return core_.status(); }
  [[nodiscard]] const Core& core() const { return core_; }
  /// The configuration that counts here; valid until the next step.
  [[nodiscard]] const Membership& membership() const { return core_.membership(); }
  /// While this member leads: whether `peer` is one whose log keeps up with this one's.
  [[nodiscard]] bool keeps_up(NodeId peer) const;

 private:
  Replica(const ReplicaOptions& options, const LogStore& log, CoreStart start);

  std::vector<Event> events_from(ReplicaInput& input);
  void hold(std::vector<SharedBytes> refused);
  void take(Effects effects, ReplicaWork& work);
  void take_results(std::vector<SnapshotResult> results, std::vector<Event>& events);
  void route_snapshots(ReplicaInput& input);
  void look_after_snapshots(ReplicaInput& input, std::vector<Event>& events);
  void look_after_log(const ReplicaInput& input, std::vector<Event>& events);
  void accept_state(const Effects& effects);
  Result<std::vector<Event>> read_log(const std::vector<ReadLog>& wanted) const;
  Result<void> give_entries(ReplicaWork& work);

  ReplicaOptions options_;
  const LogStore* log_;
  Core core_;
  Outbox outbox_;
  PendingReads reads_;
  struct Held {
    SharedBytes payload;
    std::uint64_t until_tick;
  };
  std::deque<Held> held_;  // proposals that wait for a leader, oldest first
  std::uint64_t tick_ = 0;
  Index to_apply_;                                      // committed and durable
  Index given_;                                         // handed out for applying
  std::deque<std::pair<Index, std::size_t>> applying_;  // batches handed out: last index, bytes
  std::size_t applying_bytes_ = 0;
  Index applied_;  // as the world told last

  LogKeeper keeper_;
  SnapshotSenders senders_;
  SnapshotReceiver receiver_;
  SnapshotTraffic traffic_;         // of the step under way
  std::optional<Index> restoring_;  // a state that ends there is offered to the core in this step
};

}  // namespace raft
