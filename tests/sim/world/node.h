// One member of the simulated cluster: the real log, machine and replica on a simulated disk, with the same
// stages as libraft/node/driver.cc, in virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "libkv/machine/machine.h"
#include "libkv/server/lease_keeper.h"
#include "libkv/watch/hub.h"
#include "libraft/disk/latch_env.h"
#include "libraft/log/log_store.h"
#include "libraft/node/replica.h"
#include "libraft/node/snapshot_desk.h"
#include "libraft/node/state_machine.h"
#include "tests/sim/check/kv_checks.h"
#include "tests/sim/check/raft_checks.h"
#include "tests/sim/env/memory_disk.h"
#include "tests/sim/run/options.h"
#include "tests/sim/world/network.h"
#include "tests/sim/world/trace.h"

namespace sim {

/// What the members of one world share. Outlives them.
struct Surroundings {
  const SimOptions& options;
  EventQueue& queue;
  Network& network;
  Trace& trace;
  Coverage& coverage;
  Verdict& verdict;
  RaftChecks& raft;
  KvChecks& kv;
};

/// What a member tells the clients.
struct NodeEvents {
  std::function<void(raft::NodeId, const kv::Applied&)> answered;
  std::function<void(raft::NodeId, std::span<const std::uint64_t> tickets, const kv::ReadView&)> reads_ready;
  /// A lease lives for `ttl` seconds more; 0: there is none.
  std::function<void(std::uint64_t ticket, std::int64_t ttl)> renewed;
  /// It stopped or crashed: nothing that was asked of it will be answered.
  std::function<void(raft::NodeId)> gone;
};

/// Thread: one.
class Node final : private raft::StateMachine {
 public:
  /// `founders`: the initial members, this one among them; empty for a member that joins.
  Node(raft::NodeId self, std::vector<raft::NodeId> founders, const Surroundings& around, NodeEvents events);
  ~Node() override;

  /// Opens the disk and takes part. A crash during recovery, or a disk that fails, leaves it down.
  void start();
  /// Stops at once, whatever is under way. With `power_loss` what was not synced may be lost or torn.
  void crash(bool power_loss);
  /// The power goes within that many more disk calls.
  void crash_in_disk_call(std::uint64_t steps) { disk_.cut_power_after(steps); }
  /// Does nothing for that long; messages wait.
  void pause(Micros duration);
  /// A tick takes this many thousandths of its time.
  void set_clock_rate(std::uint32_t permille) { clock_permille_ = permille; }
  /// Disk writes take so much longer until then.
  void stall_disk(Micros until) { stalled_until_ = until; }

  void receive(raft::NodeId from, std::vector<raft::Message> messages);
  void propose(raft::SharedBytes payload);
  void read(std::uint64_t ticket);
  /// Answered by `renewed` when this member leads; else not at all, and clients ask someone else.
  void keep_alive(std::uint64_t ticket, std::int64_t lease);
  void transfer(std::optional<raft::NodeId> target);
  /// Where its clients watch. Requires running(); call touch_watches() after each request.
  [[nodiscard]] kv::Hub& watches() { return *hub_; }
  void touch_watches();

  [[nodiscard]] raft::NodeId self() const { return self_; }
  [[nodiscard]] bool running() const { return replica_ != nullptr; }
  [[nodiscard]] MemoryDisk& disk() { return disk_; }
  /// These require running().
  [[nodiscard]] raft::CoreStatus status() const { return replica_->status(); }
  [[nodiscard]] const raft::Membership& membership() const { return replica_->membership(); }
  [[nodiscard]] const kv::Machine& machine() const { return *machine_; }
  [[nodiscard]] const raft::Core& core() const { return replica_->core(); }
  /// Who that user is here and now, as the tokens of a member would say; nobody while authentication is off.
  [[nodiscard]] std::optional<kv::Principal> as(const std::string& user) const;
  /// A state is on its way here.
  [[nodiscard]] bool receives_state() const { return receiving_; }

 private:
  struct SyncState {};
  struct InstallState {
    raft::TransferId transfer = 0;
  };
  using ApplyItem = std::variant<std::vector<raft::Entry>, raft::ReadyReads, SyncState, InstallState>;

  // raft::StateMachine, as libkv/server gives it to the driver.
  raft::EntryId applied() const override { return machine_->applied(); }
  raft::Result<void> apply(std::span<const raft::Entry> entries) override;
  raft::Configuration configuration() const override { return machine_->configuration(); }
  raft::Result<void> sync() override { return machine_->sync(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() override;
  raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(raft::Index last) override;
  raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> received) override;
  raft::Result<bool> background_work() override { return machine_->compact_some(); }

  raft::Result<void> open();
  void later(Micros delay, std::function<void()> what);
  void wake();
  void tick();
  void step();
  void carry_out(raft::ReplicaWork work);
  void send(raft::NodeId to, std::vector<raft::Message> messages);

  void begin_write();
  void end_write(std::uint64_t sequence);
  raft::Result<void> write(std::vector<raft::Persist>& persists);
  raft::Result<void> write_batch(const raft::LogBatch& batch);

  void begin_apply();
  void end_apply();
  raft::Result<void> apply_items(std::vector<ApplyItem> items);
  raft::Result<void> apply_item(ApplyItem& item);
  void serve_reads();
  void work_in_background();
  void tell_points();
  void look_at_members() { input_.target = machine_->membership_target(); }

  void begin_job();
  void end_job();

  void follow_leader();
  void tick_leases();
  void take_lease_outcome(const kv::OperationResult& result);
  void open_watches();
  void tell_watches();
  void work_on_watches();
  void read_for_watches(const kv::ChangesOp& op);
  void tick_watches();
  void reads_ready(const std::vector<std::uint64_t>& tickets);
  void renew(std::uint64_t ticket);
  void propose_of_keeper(const kv::Operation& operation);
  [[nodiscard]] kv::LeaseKeeper::Time keeper_time() const;

  /// Ends the stage that got `result`: false when the member is down now, and nothing of it may be touched.
  bool survives(const raft::Result<void>& result);
  void take_down();

  const raft::NodeId self_;
  const std::vector<raft::NodeId> founders_;
  const Surroundings around_;
  const NodeEvents events_;
  Dice dice_;
  MemoryDisk disk_;
  std::uint64_t incarnation_ = 0;
  bool opened_before_ = false;

  std::unique_ptr<raft::LatchEnv> env_;
  std::unique_ptr<raft::LogStore> log_;
  std::unique_ptr<kv::Machine> machine_;
  std::unique_ptr<raft::Replica> replica_;
  std::unique_ptr<raft::SnapshotDesk> desk_;

  struct LeaseQuestion {
    std::int64_t lease = 0;
    kv::LeaseKeeper::Time asked;
  };
  std::optional<kv::LeaseKeeper> keeper_;
  raft::Term leads_in_;
  std::map<std::uint64_t, LeaseQuestion> lease_questions_;
  std::uint64_t next_keeper_command_ = 0;

  std::optional<kv::Hub> hub_;
  Dice watch_dice_;
  bool watches_due_ = false;

  raft::ReplicaInput input_;
  bool step_due_ = false;
  std::vector<raft::Persist> writes_;
  bool writing_ = false;
  std::vector<ApplyItem> applies_;
  std::vector<raft::ReadyReads> waiting_reads_;
  bool applying_ = false;
  bool background_due_ = false;
  std::vector<raft::SnapshotJob> jobs_;
  bool working_ = false;
  bool receiving_ = false;

  Micros paused_until_ = 0;
  Micros stalled_until_ = 0;
  std::uint32_t clock_permille_ = 1000;
  std::uint32_t missed_ticks_ = 0;
};

}  // namespace sim
