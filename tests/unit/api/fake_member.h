// A member without peers, log or threads: writes are applied at once to a real machine in memory.
#pragma once

#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "libkv/server/auth_desk.h"
#include "libkv/server/server.h"
#include "libkv/server/watch_desk.h"

namespace kv::api::testing {

class FakeMember final : public KvServer {
 public:
  FakeMember() : env_(leveldb::NewMemEnv(leveldb::Env::Default())) {
    const MemberInfo self{
        .id = raft::NodeId(7), .name = "a", .peer_urls = {"http://p:1"}, .client_urls = {"http://c:1"}};
    machine_ = *Machine::open({.env = env_.get(), .path = "/snap", .members = {self}});
    watches_ = std::make_unique<WatchDesk>(HubOptions{.progress_interval = std::chrono::milliseconds(100),
                                                      .election_timeout = std::chrono::milliseconds(100)},
                                           WatchDeskParts{.view = [this] { return machine_->view(); },
                                                          .has_leader = [this] { return leader.load(); },
                                                          .is_odd = [] { return false; }});
    watches_->start();
    AuthDeskOptions options;
    options.bcrypt_cost = kBcryptCostMin;
    auth_ = std::make_unique<AuthDesk>(
        options,
        AuthDeskParts{.table = [this] { return machine_->auth(); },
                      .read = [this](ReadDone done) { read(std::move(done)); },
                      .write = [this](Operation operation,
                                      WriteDone done) { write(std::move(operation), std::move(done), {}); },
                      .log = [](raft::LogLevel, std::string_view) {},
                      .applied = [this] { return machine_->applied().index; }});
  }

  ~FakeMember() override {
    auth_->closed();
    auth_->stopped();
  }

  void write(Operation operation, WriteDone done, const WriteOptions& options) override {
    if (failure) return done(std::unexpected(*failure));
    done(apply(operation, options));
  }
  /// On the calls' thread and that of passwords: one at a time.
  Outcome apply(const Operation& operation, const WriteOptions& options) {
    const std::lock_guard lock(apply_mutex_);
    raft::Entry entry{machine_->applied().index.next(), raft::Term(3), raft::EntryType::kCommand, nullptr};
    entry.payload = std::make_shared<const std::string>(
        encode_command(raft::NodeId(7), 1, operation, options.session, options.principal));
    machine_->collect(watches_->demand());
    auto applied = machine_->apply(std::span(&entry, 1));
    const ReadView view = machine_->view();
    watches_->changed({view.revision(), view.compacted_revision(), machine_->take_changes()});
    auth_->hear(*applied, machine_->applied().index);
    return std::move(applied->front().outcome);
  }
  void change_members(Operation operation, WriteDone done, const WriteOptions& options) override {
    if (change_refused) return done(std::unexpected(RequestFailure{*change_refused, Stage::kQueued}));
    write(std::move(operation), std::move(done), options);
  }
  void move_leader(raft::NodeId target, TransferDone done) override {
    moved_to = target;
    if (failure) return done(std::unexpected(failure->error));
    done({});
  }
  void read(ReadDone done) override {
    if (failure) return done(std::unexpected(*failure));
    done(machine_->view());
  }
  /// Every lease that exists lives for as long as it was granted.
  void keep_alive(std::int64_t lease, LeaseDone done) override { answer(lease, 0, std::move(done)); }
  void time_to_live(std::int64_t lease, LeaseDone done) override { answer(lease, -1, std::move(done)); }
  std::vector<std::int64_t> lease_ids() const override {
    std::vector<std::int64_t> ids;
    for (const LeaseInfo& info : machine_->leases().table().list()) ids.push_back(info.id);
    return ids;
  }
  const Leases& leases() const override { return machine_->leases(); }
  std::int64_t lease_ttl_min() const override { return 2; }
  LeaseCounts lease_counts() const override { return {}; }
  bool auth_enabled() const override { return !auth_unheard && machine_->auth_enabled(); }
  std::shared_ptr<const AuthTable> auth() const override { return machine_->auth(); }
  std::uint64_t auth_revision() const override { return auth_->revision(); }
  void authenticate(Credentials credentials, AuthenticateDone done) override {
    auth_->authenticate(std::move(credentials), std::move(done));
  }
  void hash_password(std::string password, HashDone done) override {
    auth_->hash_password(std::move(password), std::move(done));
  }
  std::optional<Principal> principal_of(std::string_view token) override {
    return auth_->principal_of(token);
  }
  void await_principal(std::string_view token, std::string_view client, PrincipalDone done) override {
    auth_->await_principal(token, client, std::move(done));
  }
  AuthCounts auth_counts() const override { return auth_->counts(); }
  Watches& watches() override { return *watches_; }
  ReadView local_view() const override { return machine_->view(); }
  raft::Result<std::unique_ptr<raft::SnapshotSource>> open_snapshot() const override {
    return machine_->open_snapshot();
  }
  Origin origin() const override { return {0xc1, raft::NodeId(7), raft::Term(3)}; }
  bool has_leader() const override { return leader; }
  bool is_learner() const override { return learner; }
  bool is_odd() const override { return odd; }
  ServerStatus status() const override {
    ServerStatus status;
    status.member = raft::NodeId(7);
    if (leader) status.leader = raft::NodeId(7);
    status.term = raft::Term(3);
    status.command_version = command_version;
    status.commit = status.applied = machine_->applied().index;
    return status;
  }
  std::vector<MemberInfo> members() const override { return machine_->members(); }
  std::vector<Alarm> alarms() const override { return machine_->alarms(); }
  void await_compaction(CompactionDone done) override {
    ++compactions_awaited;
    done(compaction_ends);
  }
  void reclaim(std::function<void()> done) override {
    ++reclaims;
    done();
  }
  std::uint64_t bytes_on_disk() const override { return machine_->bytes_on_disk(); }
  std::uint64_t bytes_in_use() const override { return machine_->bytes_in_use(); }

  std::atomic<bool> leader = true;
  bool learner = false;
  std::atomic<bool> auth_unheard = false;
  std::uint32_t command_version = kKnownVersion;
  bool odd = false;
  int reclaims = 0;
  int compactions_awaited = 0;
  std::expected<void, ServerError> compaction_ends;
  std::optional<RequestFailure> failure;
  std::optional<ServerError> change_refused;
  std::optional<raft::NodeId> moved_to;

 private:
  void answer(std::int64_t lease, std::int64_t absent, LeaseDone done) {
    if (failure) return done(std::unexpected(failure->error));
    const auto info = machine_->leases().table().find(lease);
    done(info ? LeaseAnswer{info->ttl, info->ttl} : LeaseAnswer{absent, 0});
  }

  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<WatchDesk> watches_;
  std::mutex apply_mutex_;  // guards the machine's writes
  std::unique_ptr<AuthDesk> auth_;
};

}  // namespace kv::api::testing
