#include "libkv/server/replica_server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "libkv/server/waiters.h"
#include "libraft/base/check.h"
#include "libraft/node/driver.h"

namespace kv {
namespace {

using Clock = std::chrono::steady_clock;

class Member final : public ReplicaServer, private raft::StateMachine {
 public:
  Member(const ReplicaServerOptions& options, ReplicaServerParts parts,
         std::function<void(const raft::Error&)> failed)
      : options_(options),
        parts_(parts),
        failed_(std::move(failed)),
        writes_(options.request_timeout, options.first_sequence),
        reads_(options.request_timeout, 1) {}

  ~Member() override { Member::stop(); }

  raft::Result<void> start(raft::LogSink log) {
    term_.store(parts_.log->opened().hard_state.term.value(), std::memory_order_relaxed);
    raft::DriverEvents events{
        .reads_ready = [this](std::span<const std::uint64_t> tickets) { reads_ready(tickets); },
        .status_changed = [this](const raft::CoreStatus& status) { status_changed(status); },
        .ticked = [this](Clock::time_point now) { ticked(now); },
        .failed =
            [this](const raft::Error& error) {
              failed_(error);
              writes_.fail_all(ServerError::kStopped);
              reads_.fail_all(ServerError::kStopped);
            },
    };
    ASSIGN_OR_RETURN(driver_, raft::Driver::start(options_.replica, {parts_.log, this, parts_.transport},
                                                  std::move(events), std::move(log)));
    started_.store(driver_.get(), std::memory_order_release);
    return {};
  }

  void write(Operation operation, WriteDone done) override;
  void read(ReadDone done) override;
  ReadView local_view() const override { return parts_.machine->view(); }
  Origin origin() const override {
    return {options_.cluster_id, options_.replica.self, raft::Term(term_.load(std::memory_order_relaxed))};
  }
  bool has_leader() const override { return has_leader_.load(std::memory_order_relaxed); }
  bool is_learner() const override { return options_.replica.membership.is_learner(options_.replica.self); }
  ServerStatus status() const override;
  std::vector<MemberInfo> members() const override { return parts_.machine->members(); }
  std::uint64_t bytes_on_disk() const override { return parts_.machine->bytes_on_disk(); }
  std::uint64_t bytes_in_use() const override { return parts_.machine->bytes_in_use(); }

  void receive(raft::NodeId from, std::vector<raft::Message> messages) override;
  bool alive() override;
  void hand_over(std::chrono::milliseconds limit) override;
  void stop() override;

 private:
  // raft::StateMachine, on the apply thread.
  raft::EntryId applied() const override { return parts_.machine->applied(); }
  raft::Result<void> apply(std::span<const raft::Entry> entries) override;
  raft::Result<bool> background_work() override { return parts_.machine->compact_some(); }

  void reads_ready(std::span<const std::uint64_t> tickets);
  void status_changed(const raft::CoreStatus& status);
  void ticked(Clock::time_point now);
  [[nodiscard]] ServerError timeout_since(Clock::time_point since) const;
  [[nodiscard]] bool quorum_connected() const;

  const ReplicaServerOptions options_;
  const ReplicaServerParts parts_;
  const std::function<void(const raft::Error&)> failed_;
  Waiters<Outcome> writes_;
  Waiters<ReadView> reads_;
  std::atomic<std::uint64_t> term_ = 0;
  std::atomic<bool> has_leader_ = false;
  std::atomic<std::uint64_t> applied_writes_ = 0;
  std::atomic<std::uint64_t> failed_writes_ = 0;

  mutable std::mutex leader_mutex_;  // guards the four below
  std::condition_variable leader_moved_;
  std::optional<raft::NodeId> leader_;
  std::uint64_t leader_changes_ = 0;
  Clock::time_point leader_changed_at_;

  raft::Driver::Heartbeats last_heartbeats_;      // of alive()
  std::unique_ptr<raft::Driver> driver_;          // last: its threads use everything above
  std::atomic<raft::Driver*> started_ = nullptr;  // messages may arrive before start has returned
};

void Member::write(Operation operation, WriteDone done) {
  const raft::CoreStatus status = driver_->status();
  if (status.commit > driver_->applied() &&
      status.commit - driver_->applied() > options_.backlog_entries_max) {
    done(std::unexpected(RequestFailure{ServerError::kTooManyRequests, Stage::kQueued}));
    return;
  }
  const auto ticket = writes_.add(std::move(done));
  if (!ticket) return;
  auto payload =
      std::make_shared<const std::string>(encode_command(options_.replica.self, *ticket, operation));
  if (payload->size() > options_.request_bytes_max) {
    writes_.refuse(*ticket, ServerError::kTooLarge);
  } else if (!driver_->propose(std::move(payload))) {
    writes_.refuse(*ticket, ServerError::kTooManyRequests);
  }
}

void Member::read(ReadDone done) {
  const auto ticket = reads_.add(std::move(done));
  if (ticket && !driver_->read(*ticket)) reads_.refuse(*ticket, ServerError::kTooManyRequests);
}

raft::Result<void> Member::apply(std::span<const raft::Entry> entries) {
  ASSIGN_OR_RETURN(std::vector<Applied> applied, parts_.machine->apply(entries));
  std::vector<std::pair<std::uint64_t, Outcome>> answers;
  answers.reserve(applied.size());
  for (Applied& one : applied) {
    if (one.origin == options_.replica.self) answers.emplace_back(one.sequence, std::move(one.outcome));
  }
  applied_writes_.fetch_add(applied.size(), std::memory_order_relaxed);
  writes_.answer(std::move(answers));
  return {};
}

void Member::reads_ready(std::span<const std::uint64_t> tickets) {
  const ReadView view = parts_.machine->view();
  std::vector<std::pair<std::uint64_t, ReadView>> answers;
  answers.reserve(tickets.size());
  for (std::uint64_t ticket : tickets) answers.emplace_back(ticket, view);
  reads_.answer(std::move(answers));
}

void Member::status_changed(const raft::CoreStatus& status) {
  term_.store(status.term.value(), std::memory_order_relaxed);
  has_leader_.store(status.leader.has_value(), std::memory_order_relaxed);
  std::lock_guard lock(leader_mutex_);
  if (status.leader == leader_) return;
  if (status.leader) ++leader_changes_;
  leader_ = status.leader;
  leader_changed_at_ = Clock::now();
  leader_moved_.notify_all();
}

void Member::ticked(Clock::time_point now) {
  const auto why = [this](Clock::time_point since) {
    failed_writes_.fetch_add(1, std::memory_order_relaxed);
    return timeout_since(since);
  };
  writes_.expire(now, why);
  reads_.expire(now, [this](Clock::time_point since) { return timeout_since(since); });
}

ServerError Member::timeout_since(Clock::time_point since) const {
  {
    std::lock_guard lock(leader_mutex_);
    if (leader_changed_at_ >= since) return ServerError::kTimeoutLeaderFailure;
  }
  return quorum_connected() ? ServerError::kTimeout : ServerError::kTimeoutConnectionLost;
}

bool Member::quorum_connected() const {
  const auto& voters = options_.replica.membership.voters;
  const auto connected = std::count_if(voters.begin(), voters.end(), [&](raft::NodeId id) {
    return id == options_.replica.self || parts_.transport->connected(id);
  });
  return 2 * static_cast<std::size_t>(connected) > voters.size();
}

ServerStatus Member::status() const {
  const raft::CoreStatus core = driver_->status();
  ServerStatus status;
  status.cluster_id = options_.cluster_id;
  status.member = options_.replica.self;
  status.leader = core.leader;
  status.term = core.term;
  status.commit = core.commit;
  status.applied = driver_->applied();
  status.learner = is_learner();
  status.proposals_pending = writes_.size();
  status.proposals_committed = core.commit.value();
  status.proposals_applied = applied_writes_.load(std::memory_order_relaxed);
  status.proposals_failed = failed_writes_.load(std::memory_order_relaxed);
  std::lock_guard lock(leader_mutex_);
  status.leader_changes = leader_changes_;
  return status;
}

void Member::receive(raft::NodeId from, std::vector<raft::Message> messages) {
  if (raft::Driver* driver = started_.load(std::memory_order_acquire))
    driver->receive(from, std::move(messages));
}

bool Member::alive() {
  const auto now = driver_->heartbeats();
  return std::exchange(last_heartbeats_, now).raft_steps != now.raft_steps;
}

void Member::hand_over(std::chrono::milliseconds limit) {
  const bool leads = driver_->status().role == raft::RoleName::kLeader;
  if (!leads || options_.replica.membership.voters.size() < 2) return;
  driver_->transfer_leadership(std::nullopt);
  std::unique_lock lock(leader_mutex_);
  leader_moved_.wait_for(lock, limit, [this] { return leader_ && leader_ != options_.replica.self; });
}

void Member::stop() {
  if (!driver_) return;
  writes_.fail_all(ServerError::kStopped);
  reads_.fail_all(ServerError::kStopped);
  driver_->stop();
}

}  // namespace

raft::Result<std::unique_ptr<ReplicaServer>> ReplicaServer::start(
    const ReplicaServerOptions& options, ReplicaServerParts parts, raft::LogSink log,
    std::function<void(const raft::Error&)> failed) {
  auto member = std::make_unique<Member>(options, parts, std::move(failed));
  RETURN_IF_ERROR(member->start(std::move(log)));
  return member;
}

}  // namespace kv
