#include "libraft/node/driver.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "libraft/base/queue.h"
#include "libraft/core/describe.h"
#include "libraft/node/inbox.h"
#include "libraft/node/replica.h"

namespace raft {
namespace {

using Clock = std::chrono::steady_clock;

/// Ticks handed over at once after a pause: enough to notice it, too few for a burst of elections.
constexpr std::uint32_t kTicksAtOnceMax = 3;
/// Writes and applies under way; the replica's own limits are reached long before.
constexpr std::size_t kQueueItemsMax = 1U << 20U;

using ApplyItem = std::variant<std::vector<Entry>, ReadyReads>;

/// Merges a later write into an earlier one: a later entry replaces whatever stood from its index on.
void merge(LogBatch& batch, Persist&& persist) {
  if (persist.hard_state) batch.hard_state = persist.hard_state;
  if (persist.entries.empty()) return;
  const Index first = persist.entries.front().index;
  while (!batch.entries.empty() && batch.entries.back().index >= first) batch.entries.pop_back();
  batch.entries.insert(batch.entries.end(), std::make_move_iterator(persist.entries.begin()),
                       std::make_move_iterator(persist.entries.end()));
}

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
        writes_(kQueueItemsMax),
        applies_(kQueueItemsMax),
        status_(replica_.status()),
        applied_(parts.machine->applied().index.value()),
        committed_(applied_.load()) {}

  ~ThreadedDriver() override { stop(); }

  void start_threads() {
    raft_thread_ = std::thread([this] { run_raft(); });
    writer_thread_ = std::thread([this] { run_writer(); });
    apply_thread_ = std::thread([this] { run_apply(); });
  }

  bool propose(SharedBytes payload) override { return inbox_.propose(std::move(payload)); }
  bool read(std::uint64_t ticket) override { return inbox_.read(ticket); }
  void receive(NodeId from, std::vector<Message> messages) override {
    inbox_.receive(from, std::move(messages));
  }
  void transfer_leadership(std::optional<NodeId> target) override { inbox_.transfer({target}); }

  CoreStatus status() const override {
    std::lock_guard lock(status_mutex_);
    return status_;
  }
  Index applied() const override { return Index(applied_.load(std::memory_order_acquire)); }
  std::uint64_t backlog() const override {
    const std::uint64_t done = applied_.load(std::memory_order_acquire);
    const std::uint64_t committed = committed_.load(std::memory_order_acquire);
    return committed > done ? committed - done : 0;
  }
  Heartbeats heartbeats() const override {
    return {raft_steps_.load(), applied_batches_.load(), synced_batches_.load()};
  }

  void stop() override {
    std::lock_guard lock(stop_mutex_);
    inbox_.close();
    if (raft_thread_.joinable()) raft_thread_.join();
    writes_.close();
    if (writer_thread_.joinable()) writer_thread_.join();
    applies_.close();
    if (apply_thread_.joinable()) apply_thread_.join();
  }

 private:
  void run_raft();
  void run_writer();
  void run_apply();
  std::uint32_t due_ticks(Clock::time_point now);
  bool carry_out(ReplicaWork work);
  void publish_status();
  bool apply_entries(const std::vector<Entry>& entries);
  void serve_reads();
  void fail_stop(const Error& error);

  const ReplicaOptions options_;
  const DriverParts parts_;
  const DriverEvents events_;
  const LogSink log_;

  Replica replica_;                        // raft thread only
  Clock::time_point next_tick_;            // raft thread only
  std::vector<ReadyReads> waiting_reads_;  // apply thread only; unordered, few

  Inbox inbox_;
  BatchQueue<Persist> writes_;
  BatchQueue<ApplyItem> applies_;

  mutable std::mutex status_mutex_;  // guards status_
  CoreStatus status_;
  std::atomic<std::uint64_t> applied_;
  std::atomic<std::uint64_t> committed_;
  std::atomic<std::uint64_t> raft_steps_ = 0;
  std::atomic<std::uint64_t> applied_batches_ = 0;
  std::atomic<std::uint64_t> synced_batches_ = 0;
  std::atomic<bool> failed_ = false;

  std::mutex stop_mutex_;  // held while joining
  std::thread raft_thread_;
  std::thread writer_thread_;
  std::thread apply_thread_;
};

std::uint32_t ThreadedDriver::due_ticks(Clock::time_point now) {
  std::uint32_t ticks = 0;
  while (next_tick_ <= now && ticks < kTicksAtOnceMax) {
    next_tick_ += options_.tick;
    ++ticks;
  }
  if (next_tick_ <= now) next_tick_ = now + options_.tick;  // the rest of a pause does not count
  return ticks;
}

void ThreadedDriver::run_raft() {
  next_tick_ = Clock::now() + options_.tick;
  ReplicaInput input;
  while (inbox_.take(input, next_tick_)) {
    const auto now = Clock::now();
    input.ticks = due_ticks(now);
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
    if (ticked) events_.ticked(now);
    raft_steps_.fetch_add(1, std::memory_order_relaxed);
  }
}

bool ThreadedDriver::carry_out(ReplicaWork work) {
  bool queued = true;
  // Peers first: the leader's own disk works in parallel with the network (thesis 10.2.1).
  for (auto& [to, messages] : work.mail) parts_.transport->send(to, std::move(messages));
  if (work.persist) queued = writes_.push(std::move(*work.persist));
  if (!work.apply.empty()) queued = applies_.push(std::move(work.apply)) && queued;
  for (ReadyReads& reads : work.reads) {
    if (reads.index <= applied()) {
      events_.reads_ready(reads.tickets);
    } else {
      queued = applies_.push(std::move(reads)) && queued;
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

void ThreadedDriver::run_writer() {
  std::vector<Persist> persists;
  while (writes_.pop_all(persists)) {
    if (failed_.load(std::memory_order_relaxed)) continue;
    const std::uint64_t sequence = persists.back().sequence;
    LogBatch batch;
    for (Persist& persist : persists) merge(batch, std::move(persist));
    if (auto written = parts_.log->append(batch); !written) {
      fail_stop(written.error());
      continue;
    }
    synced_batches_.fetch_add(1, std::memory_order_relaxed);
    inbox_.persisted(sequence);
  }
}

bool ThreadedDriver::apply_entries(const std::vector<Entry>& entries) {
  if (auto applied = parts_.machine->apply(entries); !applied) {
    fail_stop(applied.error());
    return false;
  }
  applied_.store(entries.back().index.value(), std::memory_order_release);
  applied_batches_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void ThreadedDriver::serve_reads() {
  const Index done = applied();
  std::erase_if(waiting_reads_, [&](const ReadyReads& reads) {
    if (reads.index > done) return false;
    events_.reads_ready(reads.tickets);
    return true;
  });
}

void ThreadedDriver::run_apply() {
  std::vector<ApplyItem> items;
  std::vector<Entry> entries;
  bool more_background = true;
  for (;;) {
    const bool open = more_background ? applies_.pop_all_until(items, Clock::now()) : applies_.pop_all(items);
    if (!open) return;
    if (failed_.load(std::memory_order_relaxed)) {
      more_background = false;
      continue;
    }
    if (items.empty()) {
      auto more = parts_.machine->background_work();
      if (!more) fail_stop(more.error());
      more_background = more && *more;
      continue;
    }
    entries.clear();
    for (ApplyItem& item : items) {
      if (auto* reads = std::get_if<ReadyReads>(&item)) {
        waiting_reads_.push_back(std::move(*reads));
      } else {
        auto& batch = std::get<std::vector<Entry>>(item);
        entries.insert(entries.end(), std::make_move_iterator(batch.begin()),
                       std::make_move_iterator(batch.end()));
      }
    }
    if (!entries.empty() && !apply_entries(entries)) continue;
    more_background = more_background || !entries.empty();
    serve_reads();
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
  ASSIGN_OR_RETURN(Replica replica, Replica::create(options, *parts.log, parts.machine->applied()));
  auto driver =
      std::make_unique<ThreadedDriver>(options, parts, std::move(events), std::move(log), std::move(replica));
  driver->start_threads();
  return driver;
}

}  // namespace raft
