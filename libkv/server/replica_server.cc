#include "libkv/server/replica_server.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "libkv/machine/alarms.h"
#include "libkv/server/compaction_waits.h"
#include "libkv/server/housekeeper.h"
#include "libkv/server/leader_watch.h"
#include "libkv/server/lease_desk.h"
#include "libkv/server/peer_book.h"
#include "libkv/server/promotion_desk.h"
#include "libkv/server/reach_table.h"
#include "libkv/server/space.h"
#include "libkv/server/version_desk.h"
#include "libkv/server/waiters.h"
#include "libkv/server/watch_desk.h"
#include "libraft/base/check.h"
#include "libraft/node/driver.h"

namespace kv {
namespace {

using Clock = std::chrono::steady_clock;

/// How often the connections are looked at.
constexpr std::chrono::milliseconds kLookPause{250};

/// How long rewriting the files waits for deletions that readers of the past hold up, and how often it looks.
constexpr std::chrono::milliseconds kCompactionWaitMax{60000};
constexpr std::chrono::milliseconds kCompactionLook{10};

class Member final : public ReplicaServer, private raft::StateMachine {
 public:
  Member(const ReplicaServerOptions& options, ReplicaServerParts parts, ReplicaServerEvents events)
      : options_(options),
        parts_(parts),
        events_(std::move(events)),
        writes_(options.request_timeout, options.first_sequence),
        reads_(options.request_timeout, 1),
        leader_(options.request_timeout),
        reach_(options.replica.self),
        peers_(options.replica.self, events_.peers_changed),
        leases_(lease_options(), lease_parts()),
        versions_(options.replica.self, options.known_version),
        promotions_(promotion_options(), promotion_parts()),
        divergence_(options.replica.self, options.first_sequence, divergence_parts()),
        watches_(watch_options(),
                 {.view = [this] { return parts_.machine->view(); },
                  .has_leader = [this] { return has_leader_.load(std::memory_order_relaxed); }}),
        compaction_(options.auto_compaction, Clock::now()),
        space_(options.quota_bytes),
        housekeeper_({.look = [this](Clock::time_point now) { return look_at_space(now); },
                      .reclaim = [this](const std::function<bool()>& go_on) { reclaim_now(go_on); }}) {
    look_at_members();
    measure();
  }

  ~Member() override { Member::stop(); }

  raft::Result<void> start(raft::LogSink log) {
    term_.store(parts_.log->opened().hard_state.term.value(), std::memory_order_relaxed);
    raft::DriverEvents events{
        .reads_ready = [this](std::span<const std::uint64_t> tickets) { reads_ready(tickets); },
        .status_changed = [this](const raft::CoreStatus& status) { status_changed(status); },
        .configured = [this](const raft::Membership& membership) { peers_.configured(membership); },
        .ticked = [this](Clock::time_point now) { ticked(now); },
        .failed =
            [this](const raft::Error& error) {
              fail(error);
              writes_.fail_all(ServerError::kStopped);
              reads_.fail_all(ServerError::kStopped);
              compaction_waits_.stop();
              leader_.stop();
              leases_.stop();
              promotions_.stop();
            },
    };
    log_ = log;
    divergence_.log_to(log);
    ASSIGN_OR_RETURN(driver_, raft::Driver::start(options_.replica, {parts_.log, this, parts_.transport},
                                                  std::move(events), std::move(log)));
    started_.store(driver_.get(), std::memory_order_release);
    driver_->want(parts_.machine->membership_target());
    housekeeper_.start();
    watches_.start();
    return {};
  }

  void write(Operation operation, WriteDone done) override;
  void write_once(const SessionTag& tag, Operation operation, WriteDone done) override;
  void change_members(Operation operation, WriteDone done) override;
  void move_leader(raft::NodeId target, TransferDone done) override;
  void read(ReadDone done) override;
  void keep_alive(std::int64_t lease, LeaseDone done) override {
    if (is_odd()) return done(std::unexpected(ServerError::kCorrupt));
    leases_.keep_alive(lease, std::move(done));
  }
  void time_to_live(std::int64_t lease, LeaseDone done) override {
    if (is_odd()) return done(std::unexpected(ServerError::kCorrupt));
    leases_.time_to_live(lease, std::move(done));
  }
  std::vector<std::int64_t> lease_ids() const override { return leases_.ids(); }
  const Leases& leases() const override { return parts_.machine->leases(); }
  std::int64_t lease_ttl_min() const override;
  LeaseCounts lease_counts() const override { return leases_.counts(); }
  Watches& watches() override { return watches_; }
  ReadView local_view() const override { return parts_.machine->view(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const override {
    return parts_.machine->open_snapshot();
  }
  Origin origin() const override {
    return {options_.cluster_id, options_.replica.self, raft::Term(term_.load(std::memory_order_relaxed))};
  }
  bool has_leader() const override { return has_leader_.load(std::memory_order_relaxed); }
  bool is_learner() const override { return peers_.is_learner(); }
  bool is_odd() const override { return divergence_.odd(); }
  bool removed() const override { return peers_.is_removed(); }
  ServerStatus status() const override;
  std::vector<MemberInfo> members() const override { return parts_.machine->members(); }
  std::vector<Alarm> alarms() const override { return parts_.machine->alarms(); }
  void await_compaction(CompactionDone done) override;
  void reclaim(std::function<void()> done) override { housekeeper_.reclaim(std::move(done)); }
  std::uint64_t bytes_on_disk() const override;
  std::uint64_t bytes_in_use() const override { return parts_.machine->bytes_in_use(); }

  void receive(raft::NodeId from, std::vector<raft::Message> messages) override;
  bool alive() override;
  void hand_over(std::chrono::milliseconds limit) override;
  void stop() override;

 private:
  // raft::StateMachine, on the apply thread.
  raft::EntryId applied() const override { return parts_.machine->applied(); }
  raft::Result<void> apply(std::span<const raft::Entry> entries) override;
  raft::Result<bool> background_work() override;
  raft::Configuration configuration() const override { return parts_.machine->configuration(); }
  raft::Result<void> sync() override { return parts_.machine->sync(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() override {
    return parts_.machine->open_snapshot();
  }
  raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(raft::Index last) override {
    return parts_.machine->receive_snapshot(last);
  }
  raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> received) override {
    RETURN_IF_ERROR(parts_.machine->install(std::move(received)));
    divergence_.installed();
    watches_.installed();
    measure();
    look_at_members();
    return {};
  }

  [[nodiscard]] std::chrono::milliseconds election_timeout() const {
    return options_.replica.core.election_ticks * options_.replica.tick;
  }
  [[nodiscard]] LeaseDeskOptions lease_options() const;
  LeaseDeskParts lease_parts();
  [[nodiscard]] HubOptions watch_options() const;
  void tell_watches();
  [[nodiscard]] PromotionDeskOptions promotion_options() const;
  PromotionDeskParts promotion_parts();
  DivergenceDeskParts divergence_parts();
  [[nodiscard]] std::optional<ServerError> strictly_refused(const Operation& operation) const;
  [[nodiscard]] PromotionWord judge_promotion(raft::NodeId id) const;
  void promote(const PromoteMemberOp& op, WriteDone done);
  void propose(const Operation& operation, WriteDone done,
               const std::optional<SessionTag>& session = std::nullopt);
  void refuse_for_version(std::uint32_t needed, const WriteDone& done);
  void tell_version(Clock::time_point now);
  void heard(raft::NodeId from, std::string_view note);
  void send_note(raft::NodeId to, std::string note);
  void fail(const raft::Error& error);
  void refuse_for_space(WriteDone done);
  [[nodiscard]] std::optional<Alarm> space_alarm() const;
  [[nodiscard]] AlarmOp own_space_alarm() const;
  void measure();
  bool look_at_space(Clock::time_point now);
  void reclaim_now(const std::function<bool()>& go_on);
  void reads_ready(std::span<const std::uint64_t> tickets);
  void status_changed(const raft::CoreStatus& status);
  void ticked(Clock::time_point now);
  void look_at_members();
  [[nodiscard]] bool leads() const { return driver_->status().role == raft::RoleName::kLeader; }
  [[nodiscard]] ServerError timeout_since(Clock::time_point since) const;
  [[nodiscard]] bool quorum_connected() const;

  const ReplicaServerOptions options_;
  const ReplicaServerParts parts_;
  const ReplicaServerEvents events_;
  Waiters<Outcome> writes_;
  Waiters<ReadView> reads_;
  LeaderWatch leader_;
  ReachTable reach_;
  PeerBook peers_;
  LeaseDesk leases_;
  VersionDesk versions_;
  PromotionDesk promotions_;
  DivergenceDesk divergence_;
  raft::LogSink log_;  // set before the threads start
  WatchDesk watches_;
  Clock::time_point looked_at_;  // the connections; the raft thread's
  Clock::time_point told_at_;    // what this member knows; the raft thread's
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> term_ = 0;
  std::atomic<bool> has_leader_ = false;
  std::atomic<std::uint64_t> applied_writes_ = 0;
  std::atomic<std::uint64_t> failed_writes_ = 0;

  /// What the files hold beside what was written since the state was opened: their measure without asking.
  std::atomic<std::int64_t> bytes_before_ = 0;
  AutoCompaction compaction_;  // the housekeeper's
  CompactionWaits compaction_waits_;
  SpaceWatch space_;                              // the housekeeper's
  raft::Driver::Heartbeats last_heartbeats_;      // of alive()
  std::unique_ptr<raft::Driver> driver_;          // last: its threads use everything above
  std::atomic<raft::Driver*> started_ = nullptr;  // messages may arrive before start has returned
  Housekeeper housekeeper_;                       // its thread uses everything above
};

void Member::write(Operation operation, WriteDone done) {
  if (is_odd()) return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kQueued}));
  if (!fits(options_.quota_bytes, bytes_on_disk(), cost_of(operation))) {
    return refuse_for_space(std::move(done));
  }
  const std::uint32_t needed = options_.required_version(operation);
  if (needed > kBaseVersion && needed > parts_.machine->command_version()) {
    return refuse_for_version(needed, done);
  }
  propose(operation, std::move(done));
}

void Member::refuse_for_version(std::uint32_t needed, const WriteDone& done) {
  done(std::unexpected(RequestFailure{ServerError::kNotCapable, Stage::kQueued,
                                      "it needs version " + std::to_string(needed) + ", the cluster has " +
                                          std::to_string(parts_.machine->command_version()) + ": " +
                                          versions_.lacking(Clock::now(), members(), needed)}));
}

/// Not refused here: an attempt before this one may have been applied, and only the log knows.
void Member::write_once(const SessionTag& tag, Operation operation, WriteDone done) {
  if (is_odd()) return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kProposed}));
  if (parts_.machine->command_version() < kSessionsVersion) return refuse_for_version(kSessionsVersion, done);
  if (fits(options_.quota_bytes, bytes_on_disk(), cost_of(operation)) || space_alarm()) {
    return propose(operation, std::move(done), tag);
  }
  propose(own_space_alarm(), [this, tag, operation = std::move(operation), done = std::move(done)](
                                 const auto&) mutable { propose(operation, std::move(done), tag); });
}

/// As in etcd the answer comes when the alarm is on.
void Member::refuse_for_space(WriteDone done) {
  const RequestFailure refusal{ServerError::kNoSpace, Stage::kQueued};
  if (space_alarm()) return done(std::unexpected(refusal));
  propose(own_space_alarm(),
          [done = std::move(done), refusal](const auto&) { done(std::unexpected(refusal)); });
}

AlarmOp Member::own_space_alarm() const {
  return {.alarm = {.member = options_.replica.self, .type = AlarmType::kNoSpace, .automatic = true}};
}

std::optional<Alarm> Member::space_alarm() const {
  for (const Alarm& alarm : alarms()) {
    if (alarm.member == options_.replica.self && alarm.type == AlarmType::kNoSpace) return alarm;
  }
  return std::nullopt;
}

std::uint64_t Member::bytes_on_disk() const {
  const auto written = static_cast<std::int64_t>(parts_.machine->bytes_written());
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, bytes_before_.load(std::memory_order_relaxed) + written));
}

void Member::measure() {
  const auto written = static_cast<std::int64_t>(parts_.machine->bytes_written());
  const auto measured = static_cast<std::int64_t>(parts_.machine->measure());
  bytes_before_.store(measured - written, std::memory_order_relaxed);
}

/// On the housekeeper's thread.
bool Member::look_at_space(Clock::time_point now) {
  measure();
  const ReadView view = local_view();
  const auto ignored = [](const auto&) {};
  const AutoCompaction::Look history{
      .now = now, .revision = view.revision(), .compacted = view.compacted_revision(), .leads = leads()};
  if (const auto revision = compaction_.due(history)) propose(CompactOp{*revision}, ignored);
  const std::optional<Alarm> alarm = space_alarm();
  const SpaceWatch::Advice advice = space_.look({.now = now,
                                                 .bytes_on_disk = bytes_on_disk(),
                                                 .bytes_in_use = bytes_in_use(),
                                                 .revision = view.revision(),
                                                 .compacted = view.compacted_revision(),
                                                 .compacting = parts_.machine->compacting(),
                                                 .alarmed = alarm.has_value(),
                                                 .by_quota = alarm && alarm->automatic});
  if (has_leader() && (advice.raise || advice.clear)) {
    AlarmOp alarm_op = own_space_alarm();
    alarm_op.deactivate = advice.clear;
    propose(alarm_op, ignored);
  }
  return advice.reclaim;
}

/// What was compacted is deleted first: only then can its space come back.
void Member::reclaim_now(const std::function<bool()>& go_on) {
  const auto until = Clock::now() + kCompactionWaitMax;
  while (parts_.machine->compacting() && go_on() && Clock::now() < until) {
    std::this_thread::sleep_for(kCompactionLook);
  }
  // A fault of the disk latches, and the next write of the state tells it.
  static_cast<void>(parts_.machine->reclaim(go_on));
}

void Member::propose(const Operation& operation, WriteDone done, const std::optional<SessionTag>& session) {
  if (driver_->backlog() > options_.backlog_entries_max) {
    done(std::unexpected(RequestFailure{ServerError::kTooManyRequests, Stage::kQueued}));
    return;
  }
  const auto ticket = writes_.add(std::move(done));
  if (!ticket) return;
  auto payload =
      std::make_shared<const std::string>(encode_command(options_.replica.self, *ticket, operation, session));
  if (payload->size() > options_.request_bytes_max) {
    writes_.refuse(*ticket, ServerError::kTooLarge);
  } else if (!driver_->propose(std::move(payload))) {
    writes_.refuse(*ticket, ServerError::kTooManyRequests);
  }
}

std::optional<ServerError> Member::strictly_refused(const Operation& operation) const {
  if (!options_.strict_reconfig_check) return std::nullopt;
  const auto now = Clock::now();
  return refuse_change(members(), operation, [&](raft::NodeId id) { return reach_.reach(now, id); });
}

/// Of a member that does not exist, or is no learner, the table of members says so itself.
PromotionWord Member::judge_promotion(raft::NodeId id) const {
  const Operation operation = PromoteMemberOp{id};
  if (learner_to_promote(members(), operation) && std::ranges::count(driver_->keeping_up(), id) == 0) {
    return PromotionWord::kNotInSync;
  }
  const auto refused = strictly_refused(operation);
  if (!refused) return PromotionWord::kMay;
  return *refused == ServerError::kLearnerNotReady ? PromotionWord::kNotInSync
                                                   : PromotionWord::kNotEnoughStarted;
}

void Member::change_members(Operation operation, WriteDone done) {
  if (const auto* const promotion = std::get_if<PromoteMemberOp>(&operation)) {
    return promote(*promotion, std::move(done));
  }
  if (const auto refused = strictly_refused(operation)) {
    return done(std::unexpected(RequestFailure{*refused, Stage::kQueued}));
  }
  write(std::move(operation), std::move(done));
}

void Member::promote(const PromoteMemberOp& op, WriteDone done) {
  promotions_.ask(op.member, [this, op, done = std::move(done)](const auto& word) {
    const auto refuse = [&done](ServerError error) {
      done(std::unexpected(RequestFailure{error, Stage::kQueued}));
    };
    if (!word) return refuse(word.error().error);
    switch (*word) {
      case PromotionWord::kMay:
        return write(op, done);
      case PromotionWord::kNotInSync:
        return refuse(ServerError::kLearnerNotReady);
      case PromotionWord::kNotEnoughStarted:
        return refuse(ServerError::kNotEnoughStarted);
    }
  });
}

void Member::move_leader(raft::NodeId target, TransferDone done) {
  if (!leads()) return done(std::unexpected(ServerError::kNotLeader));
  if (!may_lead(members(), target)) return done(std::unexpected(ServerError::kBadTransferee));
  leader_.expect(target, std::move(done));
  if (target != options_.replica.self) driver_->transfer_leadership(target);
}

void Member::read(ReadDone done) {
  if (is_odd()) return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kQueued}));
  const auto ticket = reads_.add(std::move(done));
  if (ticket && !driver_->read(*ticket)) reads_.refuse(*ticket, ServerError::kTooManyRequests);
}

LeaseDeskOptions Member::lease_options() const {
  LeaseDeskOptions options;
  options.keeper = options_.leases;
  options.keeper.election_timeout = election_timeout();
  options.self = options_.replica.self;
  options.request_timeout = options_.request_timeout;
  options.first_ticket = options_.first_sequence;
  return options;
}

LeaseDeskParts Member::lease_parts() {
  return {
      .write = [this](Operation operation, WriteDone done) { write(std::move(operation), std::move(done)); },
      .read = [this](ReadDone done) { read(std::move(done)); },
      .send = [this](raft::NodeId to, std::string note) { send_note(to, std::move(note)); },
      .leases = &parts_.machine->leases()};
}

PromotionDeskOptions Member::promotion_options() const {
  PromotionDeskOptions options;
  options.self = options_.replica.self;
  options.request_timeout = options_.request_timeout;
  options.first_ticket = options_.first_sequence;
  return options;
}

PromotionDeskParts Member::promotion_parts() {
  return {.leads = [this] { return leads(); },
          .judge = [this](raft::NodeId learner) { return judge_promotion(learner); },
          .read = [this](ReadDone done) { read(std::move(done)); },
          .send = [this](raft::NodeId to, std::string note) { send_note(to, std::move(note)); }};
}

DivergenceDeskParts Member::divergence_parts() {
  return {
      .state = [this] { return parts_.machine->state_point(); },
      .members = [this] { return members(); },
      .alarms = [this] { return alarms(); },
      .leads = [this] { return leads(); },
      .has_leader = [this] { return has_leader(); },
      .propose = [this](const Operation& operation, WriteDone done) { propose(operation, std::move(done)); },
      .send = [this](raft::NodeId to, std::string note) { send_note(to, std::move(note)); },
      .diverged = events_.diverged};
}

void Member::send_note(raft::NodeId to, std::string note) {
  std::vector<raft::Message> messages;
  messages.emplace_back(raft::ServiceNote{.term = origin().term,
                                          .bytes = std::make_shared<const std::string>(std::move(note))});
  parts_.transport->send(to, std::move(messages));
}

std::int64_t Member::lease_ttl_min() const {
  return std::chrono::ceil<std::chrono::seconds>(election_timeout() * 3 / 2).count();
}

HubOptions Member::watch_options() const {
  return {.limits = {},
          .progress_interval = options_.watch_progress_interval,
          .election_timeout = election_timeout(),
          .seed = options_.first_sequence};
}

/// Before the writes are answered: who then asks for a watch from now on is not told of them.
void Member::tell_watches() {
  const ReadView view = parts_.machine->view();
  watches_.applied({.revision = view.revision(),
                    .compacted = view.compacted_revision(),
                    .collected = parts_.machine->take_changes()});
  if (is_odd()) watches_.end_streams();
}

raft::Result<void> Member::apply(std::span<const raft::Entry> entries) {
  parts_.machine->collect(watches_.demand());
  ASSIGN_OR_RETURN(std::vector<Applied> applied, parts_.machine->apply(entries));
  divergence_.applied(parts_.machine->points());
  tell_watches();
  leases_.applied(applied);
  std::vector<std::pair<std::uint64_t, Outcome>> answers;
  answers.reserve(applied.size());
  bool members_changed = false;
  for (Applied& one : applied) {
    if (one.outcome.result && std::holds_alternative<MembersResult>(*one.outcome.result)) {
      members_changed = true;
    }
    if (one.outcome.result && std::holds_alternative<RaiseVersionResult>(*one.outcome.result)) {
      const std::uint32_t version = std::get<RaiseVersionResult>(*one.outcome.result).version;
      log_(raft::LogLevel::kInfo, "event=command-version version=" + std::to_string(version));
    }
    if (one.origin == options_.replica.self) answers.emplace_back(one.sequence, std::move(one.outcome));
  }
  members_changed |= std::any_of(entries.begin(), entries.end(), [](const raft::Entry& entry) {
    return entry.type == raft::EntryType::kConfiguration;
  });
  if (members_changed) look_at_members();
  applied_writes_.fetch_add(applied.size(), std::memory_order_relaxed);
  writes_.answer(std::move(answers));
  return {};
}

raft::Result<bool> Member::background_work() {
  auto more = parts_.machine->compact_some();
  if (more && !*more) compaction_waits_.release();
  return more;
}

/// Whoever is told that there is more to do waits already when the last of it is done.
void Member::await_compaction(CompactionDone done) {
  compaction_waits_.add(std::move(done));
  if (!parts_.machine->compacting()) compaction_waits_.release();
}

void Member::reads_ready(std::span<const std::uint64_t> tickets) {
  const ReadView view = parts_.machine->view();
  std::vector<std::pair<std::uint64_t, ReadView>> answers;
  answers.reserve(tickets.size());
  for (std::uint64_t ticket : tickets) answers.emplace_back(ticket, view);
  reads_.answer(std::move(answers));
}

/// The table of members may have changed: by a command, or by the configuration that finishes one.
void Member::look_at_members() {
  peers_.read({.members = members(),
               .configuration = parts_.machine->configuration().members,
               .removed = parts_.machine->was_removed(options_.replica.self)});
  if (raft::Driver* driver = started_.load(std::memory_order_acquire)) {
    driver->want(parts_.machine->membership_target());
  }
}

void Member::status_changed(const raft::CoreStatus& status) {
  term_.store(status.term.value(), std::memory_order_relaxed);
  has_leader_.store(status.leader.has_value(), std::memory_order_relaxed);
  leader_.update(status.leader);
  leases_.status_changed(status);
  promotions_.leader_changed(status.leader);
}

void Member::ticked(Clock::time_point now) {
  const auto why = [this](Clock::time_point since) {
    failed_writes_.fetch_add(1, std::memory_order_relaxed);
    return timeout_since(since);
  };
  writes_.expire(now, why);
  reads_.expire(now, [this](Clock::time_point since) { return timeout_since(since); });
  leader_.expire(now);
  if (started_.load(std::memory_order_acquire) != nullptr) {
    leases_.ticked(now);
    promotions_.ticked(now);
    divergence_.ticked(now);
  }
  if (started_.load(std::memory_order_acquire) != nullptr && now - told_at_ >= kTellPause) {
    told_at_ = now;
    tell_version(now);
  }
  if (now - looked_at_ < kLookPause) return;
  looked_at_ = now;
  reach_.look(now, members(), [this](raft::NodeId id) { return parts_.transport->connected(id); });
}

/// To the others, and as a leader to the cluster when all of them told enough.
void Member::tell_version(Clock::time_point now) {
  const std::vector<MemberInfo> all = members();
  const VersionNote note{.knows = options_.known_version, .cluster = parts_.machine->command_version()};
  for (const MemberInfo& member : all) {
    if (member.id != options_.replica.self) send_note(member.id, encode_version_note(note));
  }
  if (!leads()) return;
  if (const auto raise = versions_.due(now, all, note.cluster)) propose(*raise, [](const auto&) {});
}

void Member::heard(raft::NodeId from, std::string_view bytes) {
  leases_.received(from, bytes);
  promotions_.received(from, bytes);
  divergence_.received(from, bytes);
  const auto version = decode_version_note(bytes);
  if (!version) return;
  versions_.heard(Clock::now(), from, *version);
  if (auto known = check_known(version->cluster, options_.known_version); !known) fail(known.error());
}

void Member::fail(const raft::Error& error) {
  if (!failed_.exchange(true)) events_.failed(error);
}

ServerError Member::timeout_since(Clock::time_point since) const {
  if (leader_.changed_since(since)) return ServerError::kTimeoutLeaderFailure;
  return quorum_connected() ? ServerError::kTimeout : ServerError::kTimeoutConnectionLost;
}

bool Member::quorum_connected() const {
  std::size_t voters = 0;
  std::size_t connected = 0;
  for (const MemberInfo& member : members()) {
    if (member.learner) continue;
    ++voters;
    if (member.id == options_.replica.self || parts_.transport->connected(member.id)) ++connected;
  }
  return 2 * connected > voters;
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
  status.odd = is_odd();
  status.agreed = divergence_.agreed();
  status.command_version = parts_.machine->command_version();
  status.proposals_pending = writes_.size();
  status.proposals_committed = core.commit.value();
  status.proposals_applied = applied_writes_.load(std::memory_order_relaxed);
  status.proposals_failed = failed_writes_.load(std::memory_order_relaxed);
  status.leader_changes = leader_.changes();
  return status;
}

void Member::receive(raft::NodeId from, std::vector<raft::Message> messages) {
  raft::Driver* const driver = started_.load(std::memory_order_acquire);
  if (driver == nullptr) return;
  for (const raft::Message& message : messages) {
    const auto* note = std::get_if<raft::ServiceNote>(&message);
    if (note != nullptr && note->bytes != nullptr) heard(from, *note->bytes);
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
  leader_.wait_for_another(options_.replica.self, limit);
}

void Member::stop() {
  if (!driver_) return;
  housekeeper_.stop();
  writes_.fail_all(ServerError::kStopped);
  reads_.fail_all(ServerError::kStopped);
  compaction_waits_.stop();
  leader_.stop();
  leases_.stop();
  promotions_.stop();
  watches_.stop();
  driver_->stop();
}

}  // namespace

raft::Result<std::unique_ptr<ReplicaServer>> ReplicaServer::start(const ReplicaServerOptions& options,
                                                                  ReplicaServerParts parts, raft::LogSink log,
                                                                  ReplicaServerEvents events) {
  auto member = std::make_unique<Member>(options, parts, std::move(events));
  RETURN_IF_ERROR(member->start(std::move(log)));
  return member;
}

}  // namespace kv
