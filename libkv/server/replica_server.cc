#include "libkv/server/replica_server.h"

#include <atomic>
#include <utility>

#include "libkv/server/admission.h"
#include "libkv/server/auth_desk.h"
#include "libkv/server/desks.h"
#include "libkv/server/leader_watch.h"
#include "libkv/server/lease_desk.h"
#include "libkv/server/members_desk.h"
#include "libkv/server/office.h"
#include "libkv/server/promotion_desk.h"
#include "libkv/server/reconfiguration.h"
#include "libkv/server/requests.h"
#include "libkv/server/space_desk.h"
#include "libkv/server/told_machine.h"
#include "libkv/server/version_desk.h"
#include "libkv/server/watch_desk.h"
#include "libraft/node/driver.h"

namespace kv {
namespace {

std::chrono::milliseconds election_timeout(const ReplicaServerOptions& options) {
  return options.replica.core.election_ticks * options.replica.tick;
}

LeaseDeskOptions lease_options(const ReplicaServerOptions& options) {
  LeaseDeskOptions leases;
  leases.keeper = options.leases;
  leases.keeper.election_timeout = election_timeout(options);
  leases.request_timeout = options.request_timeout;
  leases.first_ticket = options.first_sequence;
  return leases;
}

HubOptions watch_options(const ReplicaServerOptions& options) {
  return {.limits = {},
          .progress_interval = options.watch_progress_interval,
          .election_timeout = election_timeout(options),
          .seed = options.first_sequence};
}

AuthDeskOptions auth_options(const ReplicaServerOptions& options) {
  AuthDeskOptions auth = options.auth;
  auth.request_timeout = options.request_timeout;
  return auth;
}

/// Joins the desks, the machine and the driver; what they do is theirs.
class Member final : public ReplicaServer, private Office {
 public:
  Member(const ReplicaServerOptions& options, ReplicaServerParts parts, raft::LogSink log,
         ReplicaServerEvents events)
      : options_(options),
        parts_(parts),
        events_(std::move(events)),
        log_(std::move(log)),
        divergence_(options.first_sequence, *this,
                    {.state = [this] { return machine().state_point(); }, .diverged = events_.diverged}),
        watches_(watch_options(options), {.view = [this] { return local_view(); },
                                          .has_leader = [this] { return has_leader(); },
                                          .is_odd = [this] { return is_odd(); }}),
        leases_(lease_options(options), *this, machine().leases()),
        versions_(options.known_version, *this, [this] { return machine().command_version(); }),
        promotions_({.request_timeout = options.request_timeout, .first_ticket = options.first_sequence},
                    *this, [this](raft::NodeId learner) { return members_.judge(learner); }),
        members_({.strict_reconfig_check = options.strict_reconfig_check}, *this, machine(), promotions_,
                 {.peers_changed = events_.peers_changed,
                  .want = [this](raft::MembershipTarget target) { want(std::move(target)); },
                  .keeping_up = [this] { return driver_->keeping_up(); }}),
        auth_(auth_options(options),
              {.table = [this] { return machine().auth(); },
               .read = [this](ReadDone done) { read(std::move(done)); },
               .write = [this](Operation op, WriteDone done) { write(std::move(op), std::move(done), {}); },
               .propose = [this](const Operation& op, WriteDone done) { propose(op, std::move(done)); },
               .log = log_,
               .applied = [this] { return machine().applied().index; }}),
        space_({.quota_bytes = options.quota_bytes, .auto_compaction = options.auto_compaction}, *this,
               machine()),
        leader_(options.request_timeout),
        requests_({.self = options.replica.self,
                   .request_timeout = options.request_timeout,
                   .request_bytes_max = options.request_bytes_max,
                   .backlog_entries_max = options.backlog_entries_max,
                   .first_sequence = options.first_sequence},
                  {.view = [this] { return local_view(); },
                   .why_late = [this](Desk::Clock::time_point since) { return why_late(since); }}),
        admission_({.machine = machine(),
                    .divergence = divergence_,
                    .versions = versions_,
                    .space = space_,
                    .requests = requests_,
                    .required_version = options.required_version}),
        told_machine_(machine(), desks_, watches_, space_) {
    // In this order they hear: whether the state is wrong before anyone is told of it, and watches before
    // writers.
    desks_.add(divergence_, {NoteKind::kPoints});
    desks_.add(watches_);
    desks_.add(leases_, {NoteKind::kKeepAlive, NoteKind::kTimeToLive});
    desks_.add(versions_, {NoteKind::kVersion});
    desks_.add(promotions_, {NoteKind::kPromotion});
    desks_.add(members_);
    desks_.add(auth_);
    desks_.add(space_);
    desks_.add(leader_);
    desks_.add(requests_);
  }

  ~Member() override { Member::stop(); }

  raft::Result<void> start();

  // KvServer
  void write(Operation operation, WriteDone done, const WriteOptions& options) override {
    admission_.write(std::move(operation), std::move(done), options);
  }
  void change_members(Operation operation, WriteDone done, const WriteOptions& options) override {
    members_.change(std::move(operation), std::move(done), options);
  }
  void move_leader(raft::NodeId target, TransferDone done) override;
  void read(ReadDone done) override { admission_.read(std::move(done)); }
  void keep_alive(std::int64_t lease, LeaseDone done) override {
    if (is_odd()) return done(std::unexpected(ServerError::kCorrupt));
    leases_.keep_alive(lease, std::move(done));
  }
  void time_to_live(std::int64_t lease, LeaseDone done) override {
    if (is_odd()) return done(std::unexpected(ServerError::kCorrupt));
    leases_.time_to_live(lease, std::move(done));
  }
  std::vector<std::int64_t> lease_ids() const override { return leases_.ids(); }
  const Leases& leases() const override { return machine().leases(); }
  std::int64_t lease_ttl_min() const override {
    return std::chrono::ceil<std::chrono::seconds>(election_timeout(options_) * 3 / 2).count();
  }
  LeaseCounts lease_counts() const override { return leases_.counts(); }
  bool auth_enabled() const override { return machine().auth_enabled(); }
  std::shared_ptr<const AuthTable> auth() const override { return machine().auth(); }
  std::uint64_t auth_revision() const override { return auth_.revision(); }
  void authenticate(Credentials credentials, AuthenticateDone done) override {
    auth_.authenticate(std::move(credentials), std::move(done));
  }
  void hash_password(std::string password, HashDone done) override {
    auth_.hash_password(std::move(password), std::move(done));
  }
  std::optional<Principal> principal_of(std::string_view token) override { return auth_.principal_of(token); }
  void await_principal(std::string_view token, std::string_view client, PrincipalDone done) override {
    auth_.await_principal(token, client, std::move(done));
  }
  AuthCounts auth_counts() const override { return auth_.counts(); }
  Watches& watches() override { return watches_; }
  ReadView local_view() const override { return machine().view(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const override {
    return machine().open_snapshot();
  }
  Origin origin() const override {
    return {options_.cluster_id, self(), raft::Term(term_.load(std::memory_order_relaxed))};
  }
  bool has_leader() const override { return has_leader_.load(std::memory_order_relaxed); }
  bool is_learner() const override { return members_.is_learner(); }
  bool is_odd() const override { return divergence_.odd(); }
  ServerStatus status() const override;
  std::vector<MemberInfo> members() const override { return machine().members(); }
  std::vector<Alarm> alarms() const override { return machine().alarms(); }
  void await_compaction(CompactionDone done) override { space_.await_compaction(std::move(done)); }
  void reclaim(std::function<void()> done) override { space_.reclaim(std::move(done)); }
  std::uint64_t bytes_on_disk() const override { return space_.bytes_on_disk(); }
  std::uint64_t bytes_in_use() const override { return machine().bytes_in_use(); }

  // ReplicaServer
  void make_own_token(AuthenticateDone done) override { auth_.make_own_token(std::move(done)); }
  void receive(raft::NodeId from, std::vector<raft::Message> messages) override;
  bool alive() override;
  void hand_over(std::chrono::milliseconds limit) override;
  bool removed() const override { return members_.is_removed(); }
  void stop() override;

 private:
  // Office
  raft::NodeId self() const override { return options_.replica.self; }
  bool leads() const override { return driver_->status().role == raft::RoleName::kLeader; }
  bool connected(raft::NodeId member) const override { return parts_.transport->connected(member); }
  void propose(const Operation& operation, WriteDone done) override {
    requests_.propose(operation, std::move(done));
  }
  void send(raft::NodeId to, const Note& note) override;
  void fail(const raft::Error& error) override {
    if (!failed_.exchange(true)) events_.failed(error);
  }
  void log(raft::LogLevel level, std::string_view line) const override { log_(level, line); }

  [[nodiscard]] Machine& machine() const { return *parts_.machine; }
  /// Nothing before it has started: its threads may ask for it already.
  [[nodiscard]] raft::Driver* started() const { return started_.load(std::memory_order_acquire); }
  void want(raft::MembershipTarget target) {
    if (raft::Driver* const driver = started()) driver->want(std::move(target));
  }
  void status_changed(const raft::CoreStatus& status);
  [[nodiscard]] ServerError why_late(Desk::Clock::time_point since) const;

  const ReplicaServerOptions options_;
  const ReplicaServerParts parts_;
  const ReplicaServerEvents events_;
  const raft::LogSink log_;
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> term_ = 0;
  std::atomic<bool> has_leader_ = false;
  std::atomic<raft::Driver*> started_ = nullptr;

  DivergenceDesk divergence_;
  WatchDesk watches_;
  LeaseDesk leases_;
  VersionDesk versions_;
  PromotionDesk promotions_;
  MembersDesk members_;
  AuthDesk auth_;
  SpaceDesk space_;
  LeaderWatch leader_;
  Requests requests_;
  Desks desks_;
  Admission admission_;
  ToldMachine told_machine_;

  raft::Driver::Heartbeats last_heartbeats_;  // of alive()
  std::unique_ptr<raft::Driver> driver_;      // last: its threads use everything above
};

raft::Result<void> Member::start() {
  term_.store(parts_.log->opened().hard_state.term.value(), std::memory_order_relaxed);
  raft::DriverEvents events{
      .reads_ready = [this](std::span<const std::uint64_t> tickets) { requests_.reads_ready(tickets); },
      .status_changed = [this](const raft::CoreStatus& status) { status_changed(status); },
      .configured = [this](const raft::Membership& membership) { members_.configured(membership); },
      .ticked =
          [this](Desk::Clock::time_point now) {
            if (started() != nullptr) desks_.ticked(now);
          },
      .failed =
          [this](const raft::Error& error) {
            fail(error);
            desks_.closed();
          },
  };
  ASSIGN_OR_RETURN(driver_,
                   raft::Driver::start(options_.replica, {parts_.log, &told_machine_, parts_.transport},
                                       std::move(events), log_));
  requests_.begin(*driver_);
  started_.store(driver_.get(), std::memory_order_release);
  driver_->want(machine().membership_target());
  space_.start();
  watches_.start();
  return {};
}

void Member::move_leader(raft::NodeId target, TransferDone done) {
  if (!leads()) return done(std::unexpected(ServerError::kNotLeader));
  if (!may_lead(members(), target)) return done(std::unexpected(ServerError::kBadTransferee));
  leader_.expect(target, std::move(done));
  if (target != self()) driver_->transfer_leadership(target);
}

void Member::send(raft::NodeId to, const Note& note) {
  std::vector<raft::Message> messages;
  messages.emplace_back(raft::ServiceNote{.term = origin().term,
                                          .bytes = std::make_shared<const std::string>(encode_note(note))});
  parts_.transport->send(to, std::move(messages));
}

void Member::status_changed(const raft::CoreStatus& status) {
  term_.store(status.term.value(), std::memory_order_relaxed);
  has_leader_.store(status.leader.has_value(), std::memory_order_relaxed);
  desks_.status_changed(status);
}

ServerError Member::why_late(Desk::Clock::time_point since) const {
  if (leader_.changed_since(since)) return ServerError::kTimeoutLeaderFailure;
  return members_.quorum_connected() ? ServerError::kTimeout : ServerError::kTimeoutConnectionLost;
}

ServerStatus Member::status() const {
  const raft::CoreStatus core = driver_->status();
  ServerStatus status;
  status.cluster_id = options_.cluster_id;
  status.member = self();
  status.leader = core.leader;
  status.term = core.term;
  status.commit = core.commit;
  status.applied = driver_->applied();
  status.learner = is_learner();
  status.odd = is_odd();
  status.agreed = divergence_.agreed();
  status.command_version = machine().command_version();
  status.proposals_committed = core.commit.value();
  status.leader_changes = leader_.changes();
  requests_.count(status);
  return status;
}

void Member::receive(raft::NodeId from, std::vector<raft::Message> messages) {
  raft::Driver* const driver = started();
  if (driver == nullptr) return;
  for (const raft::Message& message : messages) {
    const auto* note = std::get_if<raft::ServiceNote>(&message);
    if (note != nullptr && note->bytes != nullptr) desks_.received(from, *note->bytes);
  }
  driver->receive(from, std::move(messages));
}

bool Member::alive() {
  const auto now = driver_->heartbeats();
  return std::exchange(last_heartbeats_, now).raft_steps != now.raft_steps;
}

void Member::hand_over(std::chrono::milliseconds limit) {
  if (!leads() || members().size() < 2) return;
  driver_->transfer_leadership(std::nullopt);
  leader_.wait_for_another(self(), limit);
}

void Member::stop() {
  if (!driver_) return;
  desks_.closed();
  desks_.stopped();
  driver_->stop();
}

}  // namespace

raft::Result<std::unique_ptr<ReplicaServer>> ReplicaServer::start(const ReplicaServerOptions& options,
                                                                  ReplicaServerParts parts, raft::LogSink log,
                                                                  ReplicaServerEvents events) {
  auto member = std::make_unique<Member>(options, parts, std::move(log), std::move(events));
  RETURN_IF_ERROR(member->start());
  return member;
}

}  // namespace kv
