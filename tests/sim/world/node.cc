#include "tests/sim/world/node.h"

#include <algorithm>
#include <utility>

#include "libkv/auth/auth_table.h"
#include "libraft/core/describe.h"
#include "tests/sim/env/background.h"

namespace sim {
namespace {

constexpr std::uint64_t kNodeConcern = 100;
constexpr std::uint64_t kNodeWatchConcern = 10000;
constexpr std::uint64_t kClusterId = 0xc1;
constexpr std::size_t kValueCacheBytes = 4096;
constexpr std::uint64_t kPriorities = 3;
/// As in the driver: more ticks than this after a pause would only make a burst of elections.
constexpr std::uint32_t kTicksAtOnceMax = 3;
/// From news to the step that sees it.
constexpr Micros kWakeMax = 100;

std::vector<kv::MemberInfo> infos(const std::vector<raft::NodeId>& ids) {
  std::vector<kv::MemberInfo> members;
  for (const raft::NodeId id : ids) {
    members.push_back({.id = id,
                       .name = "",
                       .peer_urls = {"http://n" + std::to_string(id.value())},
                       .client_urls = {},
                       .learner = false});
  }
  return members;
}

}  // namespace

Node::Node(raft::NodeId self, std::vector<raft::NodeId> founders, const Surroundings& around,
           NodeEvents events)
    : self_(self),
      founders_(std::move(founders)),
      around_(around),
      events_(std::move(events)),
      dice_(around.options.seed, kNodeConcern + self.value()),
      watch_dice_(around.options.seed, kNodeWatchConcern + self.value()) {
  around_.raft.started_empty(self);
}

Node::~Node() {
  take_down();
}

raft::Result<void> Node::open() {
  const raft::EntryId first =
      founders_.empty() ? raft::EntryId{} : raft::EntryId{raft::Index(1), raft::Term(1)};
  env_ = std::make_unique<raft::LatchEnv>(&disk_);
  ASSIGN_OR_RETURN(log_, raft::open_log_store({.env = env_.get(),
                                               .path = "/wal",
                                               .first_base = first,
                                               .write_buffer_bytes = around_.options.wal_buffer_bytes}));
  run_background();
  ASSIGN_OR_RETURN(machine_, kv::Machine::open({.env = env_.get(),
                                                .path = "/snap",
                                                .members = infos(founders_),
                                                .value_cache_bytes = kValueCacheBytes,
                                                .cluster_id = kClusterId,
                                                .log_base = log_->opened().base.index,
                                                .first = first,
                                                .sessions = around_.options.sessions}));
  run_background();
  raft::ReplicaOptions options = around_.options.replica;
  options.self = self_;
  if (around_.options.priorities)
    options.core.election_priority = static_cast<std::uint8_t>(self_.value() % kPriorities);
  options.seed = dice_.next();
  ASSIGN_OR_RETURN(raft::Replica replica,
                   raft::Replica::create(options, *log_, {machine_->applied(), machine_->configuration()}));
  replica_ = std::make_unique<raft::Replica>(std::move(replica));
  keeper_.emplace(kv::LeaseKeeperOptions{
      .election_timeout = std::chrono::milliseconds(around_.options.election() / kMillisecond),
      .checkpoint_interval =
          std::chrono::milliseconds(around_.options.load.lease_checkpoints / kMillisecond)});
  leads_in_ = {};
  open_watches();
  desk_ = std::make_unique<raft::SnapshotDesk>(*static_cast<raft::StateMachine*>(this));
  return {};
}

void Node::start() {
  ++incarnation_;
  input_ = {};
  missed_ticks_ = 0;
  paused_until_ = 0;
  const auto opened = open();
  if (!survives(opened)) return;
  around_.raft.opened(self_, log_->opened());
  around_.kv.stands(self_, machine_->applied(), machine_->view());
  tell_points();
  if (opened_before_ && machine_->applied().index < log_->opened().last)
    around_.coverage.hit(Sometimes::kStateRolledBack);
  opened_before_ = true;
  around_.trace.note(around_.queue.now(), "start", self_.value(), log_->opened().last.value(),
                     machine_->applied().index.value(), [&] { return describe(replica_->status()); });
  look_at_members();
  later(around_.options.tick, [this] { tick(); });
}

void Node::take_down() {
  disk_.cut_power_after(0);
  desk_.reset();
  replica_.reset();
  keeper_.reset();
  hub_.reset();
  lease_questions_.clear();
  machine_.reset();
  log_.reset();
  run_background();
  env_.reset();
  writes_.clear();
  applies_.clear();
  jobs_.clear();
  waiting_reads_.clear();
  watches_due_ = step_due_ = writing_ = applying_ = working_ = background_due_ = receiving_ = false;
  ++incarnation_;
}

void Node::crash(bool power_loss) {
  if (receiving_ && running()) around_.coverage.hit(Sometimes::kSnapshotInterrupted);
  around_.coverage.hit(Sometimes::kCrash);
  around_.trace.note(around_.queue.now(), "crash", self_.value(), power_loss, disk_.steps(),
                     [&] { return power_loss ? "power" : "process"; });
  take_down();
  if (power_loss) {
    if (disk_.restart(dice_)) around_.coverage.hit(Sometimes::kUnsyncedBytesLost);
  } else {
    disk_.restart_process();
  }
  events_.gone(self_);
}

bool Node::survives(const raft::Result<void>& result) {
  run_background();
  if (disk_.power_is_off()) {
    around_.coverage.hit(Sometimes::kCrashInDiskCall);
    if (!running()) around_.coverage.hit(Sometimes::kCrashInRecovery);
    crash(true);
    return false;
  }
  if (result) return true;
  if (!disk_.fault_happened()) {
    around_.verdict.fail("member " + describe(self_) +
                         ": stops without a fault of its disk: " + result.error().text());
  }
  crash(dice_.percent(70));
  return false;
}

/// Not in the incarnations to come, and not while it sleeps.
void Node::later(Micros delay, std::function<void()> what) {
  around_.queue.after(delay, [this, incarnation = incarnation_, act = std::move(what)] {
    if (incarnation != incarnation_) return;
    if (around_.queue.now() < paused_until_) {
      later(paused_until_ - around_.queue.now(), act);
    } else {
      act();
    }
  });
}

void Node::pause(Micros duration) {
  paused_until_ = around_.queue.now() + duration;
  missed_ticks_ = static_cast<std::uint32_t>(duration / around_.options.tick);
}

void Node::wake() {
  if (std::exchange(step_due_, true)) return;
  later(dice_.below(kWakeMax), [this] {
    step_due_ = false;
    step();
  });
}

void Node::tick() {
  later(around_.options.tick * clock_permille_ / 1000, [this] { tick(); });
  ++input_.ticks;
  step();
  tick_leases();
}

void Node::receive(raft::NodeId from, std::vector<raft::Message> messages) {
  if (!running()) return;
  input_.messages.emplace_back(from, std::move(messages));
  wake();
}

void Node::propose(raft::SharedBytes payload) {
  input_.proposals.push_back(std::move(payload));
  wake();
}

void Node::read(std::uint64_t ticket) {
  input_.read_tickets.push_back(ticket);
  wake();
}

void Node::transfer(std::optional<raft::NodeId> target) {
  input_.transfer = raft::TransferLeadership{target};
  wake();
}

void Node::step() {
  input_.applied = machine_->applied().index;
  if (const std::uint32_t missed = std::exchange(missed_ticks_, 0); missed > 0) {
    input_.paused = missed + input_.ticks > kTicksAtOnceMax;
    input_.ticks = std::min(missed + input_.ticks, kTicksAtOnceMax);
  }
  const RaftChecks::Moment before{replica_->status(), replica_->membership()};
  auto work = replica_->step(std::exchange(input_, {}));
  if (!work) {
    survives(raft::fail(work.error()));
    return;
  }
  if (!survives({})) return;
  around_.raft.stepped(self_, before, replica_->core());
  const raft::CoreStatus after = replica_->status();
  around_.trace.note(
      around_.queue.now(), "step", self_.value(), after.commit.value(), after.last.index.value(), [&] {
        return describe(after) +
               (before.membership == replica_->membership() ? "" : " " + describe(replica_->membership()));
      });
  follow_leader();
  carry_out(std::move(*work));
}

void Node::send(raft::NodeId to, std::vector<raft::Message> messages) {
  for (const raft::Message& message : messages) {
    around_.raft.leaving(self_, to, message);
    around_.trace.note(around_.queue.now(), "send", self_.value(), to.value(), message.index(),
                       [&] { return "to " + describe(to) + " " + describe(message); });
  }
  around_.network.send(self_, to, std::move(messages));
}

void Node::carry_out(raft::ReplicaWork work) {
  for (auto& [to, messages] : work.mail) send(to, std::move(messages));
  if (work.persist) writes_.push_back(std::move(*work.persist));
  if (work.install) applies_.emplace_back(InstallState{*work.install});
  if (!work.apply.empty()) applies_.emplace_back(std::move(work.apply));
  if (work.sync) applies_.emplace_back(SyncState{});
  for (raft::SnapshotJob& job : work.jobs) {
    if (std::holds_alternative<raft::OpenSink>(job)) receiving_ = true;
    if (std::holds_alternative<raft::DropSink>(job)) receiving_ = false;
    jobs_.push_back(std::move(job));
  }
  const raft::Index done = machine_->applied().index;
  for (raft::ReadyReads& reads : work.reads) {
    if (reads.index <= done) {
      reads_ready(reads.tickets);
    } else {
      applies_.emplace_back(std::move(reads));
    }
  }
  begin_write();
  begin_apply();
  begin_job();
}

std::optional<kv::Principal> Node::as(const std::string& user) const {
  if (!machine_->auth_enabled()) return std::nullopt;
  return kv::Principal{.user = user, .revision = machine_->auth()->revision()};
}

}  // namespace sim
