#include "libkv/machine/machine.h"

#include <algorithm>

#include "libkv/machine/alarms.h"
#include "libkv/machine/apply_auth.h"
#include "libkv/machine/apply_kv.h"
#include "libkv/machine/apply_lease.h"
#include "libkv/machine/apply_session.h"
#include "libkv/machine/apply_txn.h"
#include "libkv/machine/authorize.h"
#include "libkv/machine/members.h"
#include "libkv/machine/received_state.h"
#include "libkv/machine/state_directory.h"
#include "libkv/mvcc/configuration_row.h"
#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/generation.h"
#include "libkv/mvcc/store.h"
#include "libkv/snapshot/state_source.h"
#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// Applies entries to the store and to the member table.
class StoreMachine : public Machine {
 public:
  StoreMachine(MachineOptions options, LoadedState state)
      : options_(std::move(options)),
        store_(std::move(state.store)),
        view_(store_->published()),
        members_(std::move(state.members)),
        alarms_(std::move(state.alarms)),
        sessions_(std::move(state.sessions)),
        auth_(std::move(state.auth)),
        configuration_(std::move(state.configuration)),
        command_version_(state.command_version) {
    leases_.replace(std::move(state.leases));
    publish_members();
    publish_alarms();
    publish_auth();
    publish_configuration();
    publish_command_version();
  }

  [[nodiscard]] raft::EntryId applied() const override { return store_->applied(); }

  [[nodiscard]] raft::Result<std::vector<Applied>> apply(std::span<const raft::Entry> entries) override {
    if (fault_) return raft::fail(*fault_);
    if (entries.empty()) return std::vector<Applied>();
    auto applied = apply_all(entries);
    if (!applied) fault_ = applied.error();
    return applied;
  }

  [[nodiscard]] const std::vector<StatePoint>& points() const override { return points_; }
  [[nodiscard]] StatePoint state_point() const override { return view_->load()->facts().state; }
  void collect(Collect how) override { store_->collect(how); }
  [[nodiscard]] CollectedChanges take_changes() override { return store_->take_changes(); }

  [[nodiscard]] raft::Result<bool> compact_some() override {
    if (fault_) return raft::fail(*fault_);
    auto more = store_->compact_some();
    if (auto swept = sweep_retired(); !swept) more = raft::fail(std::move(swept.error()));
    if (!more) fault_ = more.error();
    return more;
  }

  [[nodiscard]] raft::Result<void> sync() override {
    if (fault_) return raft::fail(*fault_);
    auto synced = store_->sync();
    if (!synced) fault_ = synced.error();
    return synced;
  }

  [[nodiscard]] raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const override {
    const std::shared_ptr<StoreCore> core = view_->load()->core();
    const Database& database = *core->database;
    return open_state_source(std::make_unique<FrozenRows>(database.rows(), database.path(), core),
                             options_.cluster_id);
  }

  [[nodiscard]] raft::Result<std::unique_ptr<raft::SnapshotSink>> receive_snapshot(
      raft::Index last) override {
    StateSinkOptions sink{.env = options_.env,
                          .path = state_path(options_.path, last),
                          .cluster_id = options_.cluster_id,
                          .value_cache_bytes = options_.value_cache_bytes,
                          .write_buffer_bytes = options_.write_buffer_bytes};
    if (sink.path == view_->load()->core()->database->path()) {
      return raft::fail(raft::ErrorCode::kInvalidArgument, sink.path, "is the state in use");
    }
    return std::unique_ptr<raft::SnapshotSink>(
        std::make_unique<ReceivedState>(std::move(sink), last, options_.sessions));
  }

  [[nodiscard]] raft::Result<void> install(std::unique_ptr<raft::SnapshotSink> sink) override {
    if (fault_) return raft::fail(*fault_);
    auto* const received = dynamic_cast<ReceivedState*>(sink.get());
    RAFT_CHECK(received != nullptr && received->store() != nullptr);
    const raft::EntryId last = received->store()->applied();
    if (last.index <= applied().index) {
      return raft::fail(raft::ErrorCode::kInvalidArgument, options_.path,
                        "the state is at entry " + std::to_string(applied().index.value()) +
                            ", the received one at " + std::to_string(last.index.value()));
    }
    auto state = received->take();
    if (state) {
      auto known = check_known(state->command_version, options_.known_version);
      if (!known) state = raft::fail(std::move(known.error()));
    }
    if (!state) {
      fault_ = state.error();
      return raft::fail(*fault_);
    }
    go_over_to(std::move(*state));
    return {};
  }

  [[nodiscard]] ReadView view() const override { return ReadView(view_->load()); }
  [[nodiscard]] std::vector<MemberInfo> members() const override { return published_members_.load()->list(); }
  [[nodiscard]] std::vector<Alarm> alarms() const override { return *published_alarms_.load(); }
  [[nodiscard]] raft::MembershipTarget membership_target() const override {
    return published_members_.load()->target();
  }
  [[nodiscard]] bool was_removed(raft::NodeId id) const override {
    const std::shared_ptr<const raft::Configuration> counts = published_configuration_.load();
    return published_members_.load()->removed().contains(id) && !counts->members.has(id);
  }
  [[nodiscard]] const Leases& leases() const override { return leases_; }
  [[nodiscard]] const SessionTable& sessions() const override { return sessions_; }
  [[nodiscard]] std::shared_ptr<const AuthTable> auth() const override { return published_auth_.load(); }
  [[nodiscard]] bool auth_enabled() const override { return auth_enabled_.load(); }
  [[nodiscard]] raft::Configuration configuration() const override {
    return *published_configuration_.load();
  }
  [[nodiscard]] std::uint32_t command_version() const override { return *published_command_version_.load(); }
  [[nodiscard]] std::uint64_t bytes_on_disk() const override { return view_->load()->facts().bytes_on_disk; }
  [[nodiscard]] bool compacting() const override { return view_->load()->facts().compacting; }
  [[nodiscard]] std::uint64_t bytes_written() const override { return view_->load()->facts().bytes_written; }
  [[nodiscard]] std::uint64_t measure() const override {
    const std::shared_ptr<StoreCore> core = view_->load()->core();
    return core->database->bytes_on_disk();
  }
  [[nodiscard]] raft::Result<void> reclaim(const std::function<bool()>& go_on) override {
    const std::shared_ptr<StoreCore> core = view_->load()->core();
    return core->database->reclaim(go_on);
  }
  [[nodiscard]] std::uint64_t bytes_in_use() const override { return view_->load()->facts().bytes_in_use; }

 private:
  using Changed = std::expected<OperationResult, ReadFault>;

  raft::Result<std::vector<Applied>> apply_all(std::span<const raft::Entry> entries) {
    std::vector<Applied> outcomes;
    outcomes.reserve(entries.size());
    points_.clear();
    raft::Index last = store_->applied().index;
    for (const raft::Entry& entry : entries) {
      RAFT_CHECK(entry.index == last.next());
      last = entry.index;
      if (entry.type == raft::EntryType::kConfiguration) RETURN_IF_ERROR(apply_configuration(entry));
      if (entry.type == raft::EntryType::kCommand) {
        ASSIGN_OR_RETURN(Applied applied, apply_one(entry));
        outcomes.push_back(std::move(applied));
      }
      if (entry.index.value() % kPointStride == 0) {
        points_.push_back({.index = entry.index, .hash = store_->state_hash()});
      }
    }
    // Before the view: who lost a permission must not see what was written behind that.
    if (auth_changed_) publish_auth();
    RETURN_IF_ERROR(store_->commit({.index = entries.back().index, .term = entries.back().term}));
    if (members_changed_) publish_members();
    if (alarms_changed_) publish_alarms();
    if (configuration_changed_) publish_configuration();
    if (command_version_changed_) publish_command_version();
    return outcomes;
  }

  /// Kept for the start after this one and for snapshots; the members themselves are the core's business.
  raft::Result<void> apply_configuration(const raft::Entry& entry) {
    ASSIGN_OR_RETURN(raft::Membership members, raft::decode_membership(entry.bytes()));
    if (configuration_.index.value() > 0) store_->remove_row(configuration_key(configuration_.index));
    configuration_ = {.index = entry.index, .members = std::move(members)};
    const auto [key, value] = configuration_row(configuration_);
    store_->put_row(key, value);
    configuration_changed_ = true;
    members_.configured(configuration_.members);
    store_members();
    return {};
  }

  raft::Result<Applied> apply_one(const raft::Entry& entry) {
    Applied applied{.index = entry.index, .origin = {}, .sequence = 0, .outcome = {}, .repeated = false};
    auto command = decode_command(entry.bytes());
    if (!command) {
      // Written by a newer member. Every member of this version skips it; the one that waits is told.
      if (const auto header = peek_header(entry.bytes())) {
        applied.origin = header->origin;
        applied.sequence = header->sequence;
      }
      applied.outcome = {.revision = store_->revision(), .result = std::unexpected(KvError::kUnknownCommand)};
      return applied;
    }
    applied.origin = command->origin;
    applied.sequence = command->sequence;
    if (command->session) {
      ASSIGN_OR_RETURN(auto known, recall(*store_, sessions_, *command->session, entry.index));
      if (known) {
        applied.outcome = std::move(*known);
        applied.repeated = true;
        return applied;
      }
    }
    if (auth_.enabled()) {
      if (const auto refused = authorize(auth_, leases_.table(), command->principal, command->operation)) {
        // Not kept in the session: authenticated anew, the client sends the same number again.
        applied.outcome = {.revision = store_->revision(), .result = std::unexpected(*refused)};
        if (command->session && RAFT_MUTANT(kAuthRefusalKept)) {
          keep_outcome(*store_, sessions_, *command->session, entry.index, applied.outcome);
        }
        return applied;
      }
    }
    term_ = entry.term;
    Changed changed = run(command->operation);
    follow_lease_moves(*store_, leases_);
    if (!changed && changed.error().broken) return raft::fail(std::move(*changed.error().broken));
    applied.outcome.revision = store_->revision();
    if (changed) {
      applied.outcome.result = std::move(*changed);
    } else {
      applied.outcome.result = std::unexpected(*changed.error().refused);
    }
    if (command->session) keep_outcome(*store_, sessions_, *command->session, entry.index, applied.outcome);
    return applied;
  }

  Changed run(Operation& operation) {
    if (const auto refused = alarms_.refusal(operation)) return refuse(*refused);
    return std::visit([this](auto& op) { return run(op); }, operation);
  }

  Changed run(PutOp& op) {
    if (RAFT_MUTANT(kPutLooksAtDisk) && compacting()) op.value.clear();
    return apply_put(*store_, leases_.table(), std::move(op));
  }
  Changed run(DeleteRangeOp& op) { return apply_delete_range(*store_, op); }
  Changed run(TxnOp& op) { return apply_txn(*store_, leases_.table(), std::move(op)); }
  Changed run(LeaseGrantOp& op) { return apply_grant(*store_, leases_, op); }
  Changed run(LeaseRevokeOp& op) { return apply_revoke(*store_, leases_, op); }
  Changed run(LeaseExpireOp& op) { return apply_expire(*store_, leases_, op, term_); }
  Changed run(LeaseCheckpointOp& op) { return apply_checkpoint(*store_, leases_, op, term_); }

  Changed run(CompactOp& op) {
    if (auto compacted = store_->compact(op.revision); !compacted) return refuse(compacted.error());
    return CompactResult{};
  }

  Changed run(PublishMemberOp& op) {
    members_.publish(op);
    store_members();
    return PublishMemberResult{};
  }

  Changed run(AddMemberOp& op) { return told(members_.add(op)); }
  Changed run(RemoveMemberOp& op) { return told(members_.remove(op)); }
  Changed run(UpdateMemberOp& op) { return told(members_.update(op)); }
  Changed run(PromoteMemberOp& op) { return told(members_.promote(op)); }

  Changed run(AuthenticateOp& op) { return apply_authenticate(auth_, op); }
  template <class AuthOp>
    requires std::is_constructible_v<AuthOperation, AuthOp&&>
  Changed run(AuthOp& op) {
    auth_changed_ = true;
    return apply_auth(*store_, auth_, std::move(op));
  }

  Changed run(AlarmOp& op) {
    AlarmResult result;
    if (op.deactivate) {
      result.alarm = alarms_.deactivate(op.alarm.member, op.alarm.type, op.alarm.automatic);
      if (result.alarm) store_->remove_row(AlarmTable::row_key(op.alarm.member, op.alarm.type));
    } else {
      result.alarm = alarms_.activate(op.alarm);
      const auto [key, value] = AlarmTable::row(*result.alarm);
      store_->put_row(key, value);
    }
    alarms_changed_ = true;
    return result;
  }

  Changed run(RaiseVersionOp& op) {
    const bool by_all = std::ranges::all_of(members_.list(), [&op](const MemberInfo& member) {
      return std::ranges::count(op.members, member.id) != 0;
    });
    if (op.version > command_version_ && by_all) {
      if (auto known = check_known(op.version, options_.known_version); !known) return broken(known.error());
      command_version_ = op.version;
      const auto [key, value] = command_version_row(command_version_);
      store_->put_row(key, value);
      command_version_changed_ = true;
    }
    return RaiseVersionResult{command_version_};
  }

  Changed told(std::expected<MemberInfo, KvError> member) {
    if (!member) return refuse(member.error());
    store_members();
    return MembersResult{.members = members_.list(), .member = std::move(*member)};
  }

  void store_members() {
    for (const auto& [key, value] : members_.take_changed_rows()) {
      store_->put_row(key, value);
      members_changed_ = true;
    }
    if (members_changed_) forget_alarms_of_removed();
  }

  /// A member that left can never take back its alarms itself.
  void forget_alarms_of_removed() {
    for (const Alarm& alarm : alarms_.list()) {
      if (!members_.removed().contains(alarm.member)) continue;
      AlarmOp disarm{.deactivate = true, .alarm = alarm};
      static_cast<void>(run(disarm));
    }
  }

  void publish_members() {
    published_members_.store(std::make_shared<const MemberTable>(members_));
    members_changed_ = false;
  }

  void publish_alarms() {
    published_alarms_.store(std::make_shared<const std::vector<Alarm>>(alarms_.list()));
    alarms_changed_ = false;
  }

  void publish_auth() {
    published_auth_.store(std::make_shared<const AuthTable>(auth_));
    auth_enabled_.store(auth_.enabled());
    auth_changed_ = false;
  }

  void publish_configuration() {
    published_configuration_.store(std::make_shared<const raft::Configuration>(configuration_));
    configuration_changed_ = false;
  }

  void publish_command_version() {
    published_command_version_.store(std::make_shared<const std::uint32_t>(command_version_));
    command_version_changed_ = false;
  }

  /// From here on readers see the received state; who still reads the old one keeps it open.
  void go_over_to(LoadedState state) {
    retired_.push_back(store_->core());
    auth_ = std::move(state.auth);
    publish_auth();
    state.store->publish_at(view_);
    store_ = std::move(state.store);
    members_ = std::move(state.members);
    leases_.replace(std::move(state.leases));
    alarms_ = std::move(state.alarms);
    sessions_ = std::move(state.sessions);
    configuration_ = std::move(state.configuration);
    command_version_ = state.command_version;
    points_.clear();
    publish_members();
    publish_alarms();
    publish_configuration();
    publish_command_version();
  }

  /// Closes and removes the states before this one that no one reads any more.
  raft::Result<void> sweep_retired() {
    for (std::size_t i = 0; i < retired_.size();) {
      if (retired_[i].use_count() > 1) {
        ++i;
        continue;
      }
      const std::string path = retired_[i]->database->path();
      retired_.erase(retired_.begin() + static_cast<std::ptrdiff_t>(i));
      RETURN_IF_ERROR(remove_database(*options_.env, path));
    }
    return {};
  }

  const MachineOptions options_;
  std::unique_ptr<Store> store_;
  const PublishedView view_;                         // the store's; the same when another one takes its place
  std::vector<std::shared_ptr<StoreCore>> retired_;  // shared with the views that still read them
  MemberTable members_;
  Leases leases_;
  raft::Term term_;                 // of the entry that is being applied
  std::vector<StatePoint> points_;  // of the last apply
  AlarmTable alarms_;
  SessionTable sessions_;
  AuthTable auth_;
  raft::Configuration configuration_;
  std::uint32_t command_version_;
  bool members_changed_ = false;
  bool alarms_changed_ = false;
  bool auth_changed_ = false;
  bool configuration_changed_ = false;
  bool command_version_changed_ = false;
  std::optional<raft::Error> fault_;  // the first fault of the disk: final
  Published<MemberTable> published_members_;
  Published<std::vector<Alarm>> published_alarms_;
  Published<AuthTable> published_auth_;
  PublishedFlag auth_enabled_;
  Published<raft::Configuration> published_configuration_;
  Published<std::uint32_t> published_command_version_;
};

}  // namespace

std::unique_ptr<Machine> make_machine(const MachineOptions& options, LoadedState state) {
  return std::make_unique<StoreMachine>(options, std::move(state));
}

}  // namespace kv
