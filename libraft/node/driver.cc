#include "libraft/node/driver.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "libraft/base/queue.h"
#include "libraft/core/describe.h"
#include "libraft/node/applier.h"
#include "libraft/node/inbox.h"
#include "libraft/node/log_writer.h"
#include "libraft/node/replica.h"
#include "libraft/node/snapshot_desk.h"

namespace raft {
namespace {

using Clock = std::chrono::steady_clock;

/// Ticks handed over at once after a pause: enough to notice it, too few for a burst of elections.
constexpr std::uint32_t kTicksAtOnceMax = 3;
/// Work on states that waits; the replica's own limits are reached long before.
constexpr std::size_t kJobsMax = 1U << 20U;

class ThreadedDriver final : public Driver {
 public:
  ThreadedDriver(const ReplicaOptions& options, DriverParts parts, DriverEvents events, LogSink log,
                 Replica replica)
      : options_(options),
        parts_(parts),
        events_(std::move(events)),
        log_(std::move(log)),
        replica_(std::move(replica)),
        inbox_(options.inbox_items_max),
        jobs_(kJobsMax),
        desk_(*parts.machine),
        writer_(*parts.log, failed_,
                {.persisted = [this](std::uint64_t sequence) { inbox_.persisted(sequence); },
                 .failed = [this](const Error& error) { fail_stop(error); }}),
        applier_(*parts.machine, desk_, failed_,
                 {.reads_ready = events_.reads_ready,
                  .synced = [this](Index upto) { inbox_.synced(upto); },
                  .failed = [this](const Error& error) { fail_stop(error); }},
                 log_),
        status_(replica_.status()),
        membership_(replica_.membership()),
        committed_(applier_.applied().value()) {}

  ~ThreadedDriver() override { stop(); }

  void start_threads() {
    raft_thread_ = std::thread([this] { run_raft(); });
    writer_thread_ = std::thread([this] { writer_.run(); });
    apply_thread_ = std::thread([this] { applier_.run(); });
    snapshot_thread_ = std::thread([this] { run_snapshots(); });
  }

  bool propose(SharedBytes payload) override { return inbox_.propose(std::move(payload)); }
  bool read(std::uint64_t ticket) override { return inbox_.read(ticket); }
  void receive(NodeId from, std::vector<Message> messages) override {
    inbox_.receive(from, std::move(messages));
  }
  void transfer_leadership(std::optional<NodeId> target) override { inbox_.transfer({target}); }
  void want(MembershipTarget target) override { inbox_.target(std::move(target)); }

  CoreStatus status() const override {
    std::lock_guard lock(status_mutex_);
    return status_;
  }
  Membership membership() const override {
    std::lock_guard lock(status_mutex_);
    return membership_;
  }
  std::vector<NodeId> keeping_up() const override {
    std::lock_guard lock(status_mutex_);
    return keeping_up_;
  }
  Index applied() const override { return applier_.applied(); }
  std::uint64_t backlog() const override {
    const std::uint64_t done = applied().value();
    const std::uint64_t committed = committed_.load(std::memory_order_acquire);
    return committed > done ? committed - done : 0;
  }
  Heartbeats heartbeats() const override {
    return {raft_steps_.load(), applier_.batches(), writer_.batches()};
  }

  void stop() override {
    std::lock_guard lock(stop_mutex_);
    inbox_.close();
    if (raft_thread_.joinable()) raft_thread_.join();
    writer_.close();
    if (writer_thread_.joinable()) writer_thread_.join();
    applier_.close();
    if (apply_thread_.joinable()) apply_thread_.join();
    jobs_.close();
    if (snapshot_thread_.joinable()) snapshot_thread_.join();
  }

 private:
  void run_raft();
  void run_snapshots();
  void tell_time(ReplicaInput& input, Clock::time_point now);
  bool carry_out(ReplicaWork work);
  void publish_status();
  void publish_membership();
  void fail_stop(const Error& error);

  const ReplicaOptions options_;
  const DriverParts parts_;
  const DriverEvents events_;
  const LogSink log_;

  Replica replica_;              // raft thread only
  Clock::time_point next_tick_;  // raft thread only

  std::atomic<bool> failed_ = false;
  Inbox inbox_;
  BatchQueue<SnapshotJob> jobs_;
  SnapshotDesk desk_;
  LogWriter writer_;
  Applier applier_;

  mutable std::mutex status_mutex_;  // guards the three below
  CoreStatus status_;
  Membership membership_;
  std::vector<NodeId> keeping_up_;
  std::atomic<std::uint64_t> committed_;
  std::atomic<std::uint64_t> raft_steps_ = 0;

  std::mutex stop_mutex_;  // held while joining
  std::thread raft_thread_;
  std::thread writer_thread_;
  std::thread apply_thread_;
  std::thread snapshot_thread_;
};

void ThreadedDriver::tell_time(ReplicaInput& input, Clock::time_point now) {
  while (next_tick_ <= now && input.ticks < kTicksAtOnceMax) {
    next_tick_ += options_.tick;
    ++input.ticks;
  }
  if (next_tick_ > now) return;
  input.paused = true;
  next_tick_ = now + options_.tick;  // the rest of a pause does not count
}

void ThreadedDriver::run_raft() {
  next_tick_ = Clock::now() + options_.tick;
  events_.configured(replica_.membership());
  ReplicaInput input;
  while (inbox_.take(input, next_tick_)) {
    const auto now = Clock::now();
    tell_time(input, now);
    if (failed_.load(std::memory_order_relaxed)) continue;
    input.applied = applied();
    const bool ticked = input.ticks > 0;
    auto work = replica_.step(std::move(input));
    if (!work) {
      fail_stop(work.error());
      continue;
    }
    if (!carry_out(std::move(*work))) continue;
    publish_status();
    // Whether a learner may be promoted is asked right after it caught up.
    if (ticked || !replica_.membership().learners.empty()) publish_membership();
    if (ticked) events_.ticked(now);
    raft_steps_.fetch_add(1, std::memory_order_relaxed);
  }
}

bool ThreadedDriver::carry_out(ReplicaWork work) {
  bool queued = true;
  // Peers first: the leader's own disk works in parallel with the network (thesis 10.2.1).
  for (auto& [to, messages] : work.mail) parts_.transport->send(to, std::move(messages));
  if (work.persist) queued = writer_.push(std::move(*work.persist));
  if (work.install) queued = applier_.push(InstallState{*work.install}) && queued;
  if (!work.apply.empty()) queued = applier_.push(std::move(work.apply)) && queued;
  if (work.sync) queued = applier_.push(SyncState{}) && queued;
  for (SnapshotJob& job : work.jobs) queued = jobs_.push(std::move(job)) && queued;
  for (ReadyReads& reads : work.reads) {
    if (reads.index <= applied()) {
      events_.reads_ready(reads.tickets);
    } else {
      queued = applier_.push(std::move(reads)) && queued;
    }
  }
  if (!queued)
    fail_stop({ErrorCode::kLimit, "raft thread", "a queue to the disk or the state machine overflowed"});
  return queued;
}

void ThreadedDriver::publish_status() {
  const CoreStatus now = replica_.status();
  CoreStatus before;
  {
    std::lock_guard lock(status_mutex_);
    before = std::exchange(status_, now);
  }
  if (before == now) return;
  committed_.store(now.commit.value(), std::memory_order_release);
  if (before.role != now.role || before.term != now.term || before.leader != now.leader) {
    log_(LogLevel::kInfo, "event=role " + describe(now));
  }
  events_.status_changed(now);
}

/// For ticks rather than for every step: it takes a lock, and most find nothing new.
void ThreadedDriver::publish_membership() {
  std::vector<NodeId> keeping_up;
  for (NodeId peer : replica_.membership().peers_of(options_.self)) {
    if (replica_.keeps_up(peer)) keeping_up.push_back(peer);
  }
  bool moved = false;
  {
    std::lock_guard lock(status_mutex_);
    keeping_up_ = std::move(keeping_up);
    moved = membership_ != replica_.membership();
    if (moved) membership_ = replica_.membership();
  }
  if (!moved) return;
  log_(LogLevel::kInfo, "event=configuration " + describe(replica_.membership()));
  events_.configured(replica_.membership());
}

void ThreadedDriver::run_snapshots() {
  std::vector<SnapshotJob> jobs;
  while (jobs_.pop_all(jobs)) {
    for (SnapshotJob& job : jobs) {
      if (failed_.load(std::memory_order_relaxed)) break;
      auto result = desk_.run(std::move(job));
      if (!result) continue;
      if (const auto* failed = std::get_if<JobFailed>(&*result)) {
        log_(LogLevel::kWarning, "event=snapshot-" + std::string(failed->sending ? "send" : "receive") +
                                     "-failed error=\"" + failed->error.text() + "\"");
        // A disk that failed has failed for everything: nothing else may notice for long, as this member is
        // sent nothing but states.
        const ErrorCode code = failed->error.code;
        if (code == ErrorCode::kIo || code == ErrorCode::kNoSpace) fail_stop(failed->error);
      }
      inbox_.snapshot(std::move(*result));
    }
  }
}

void ThreadedDriver::fail_stop(const Error& error) {
  if (failed_.exchange(true)) return;
  log_(LogLevel::kError,
       "event=fail-stop code=" + std::string(name(error.code)) + " error=\"" + error.text() + "\"");
  events_.failed(error);
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::start(const ReplicaOptions& options, DriverParts parts,
                                              DriverEvents events, LogSink log) {
  ASSIGN_OR_RETURN(
      Replica replica,
      Replica::create(options, *parts.log, {parts.machine->applied(), parts.machine->configuration()}));
  auto driver =
      std::make_unique<ThreadedDriver>(options, parts, std::move(events), std::move(log), std::move(replica));
  driver->start_threads();
  return driver;
}

}  // namespace raft
