// Two members of a cluster in memory, one of which is sent the state of the other.
#pragma once

#include <leveldb/helpers/memenv.h>

#include <memory>
#include <string>
#include <vector>

#include "libkv/machine/state_directory.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv::installing {

inline constexpr raft::EntryId kBootstrap{raft::Index(1), raft::Term(1)};

inline MachineOptions first_options(leveldb::Env& env, std::uint64_t cluster = 0xc1) {
  return {.env = &env,
          .path = "/snap",
          .members = {{.id = raft::NodeId(2), .peer_urls = {"http://two:1"}},
                      {.id = raft::NodeId(1), .peer_urls = {"http://one:1"}},
                      {.id = raft::NodeId(3), .peer_urls = {"http://three:1"}, .learner = true}},
          .value_cache_bytes = 1U << 20U,
          .cluster_id = cluster,
          .log_base = raft::Index(1),
          .first = kBootstrap};
}

inline std::unique_ptr<Machine> must_open(const MachineOptions& options) {
  auto opened = Machine::open(options);
  EXPECT_TRUE(opened) << opened.error().text();
  return opened ? std::move(*opened) : nullptr;
}

inline raft::Entry put_entry(const Machine& machine, const std::string& key, const std::string& value) {
  return {.index = machine.applied().index.next(),
          .term = raft::Term(3),
          .type = raft::EntryType::kCommand,
          .payload = std::make_shared<const std::string>(
              encode_command(kSelf, 1, PutOp{.key = key, .value = value}))};
}

inline void put(Machine& machine, const std::string& key, const std::string& value) {
  const raft::Entry entry = put_entry(machine, key, value);
  ASSERT_TRUE(machine.apply({&entry, 1}));
}

inline void configure(Machine& machine, const raft::Membership& members) {
  const raft::Entry entry{.index = machine.applied().index.next(),
                          .term = raft::Term(3),
                          .type = raft::EntryType::kConfiguration,
                          .payload = std::make_shared<const std::string>(raft::encode_membership(members))};
  ASSERT_TRUE(machine.apply({&entry, 1}));
}

inline std::string value_of(const ReadView& view, const std::string& key) {
  const auto found = view.range(RangeOp{.key = key});
  EXPECT_TRUE(found.has_value());
  return !found || found->kvs.empty() ? "" : found->kvs[0].value;
}

inline std::string snapshot_of(const Machine& machine) {
  auto source = machine.open_snapshot();
  EXPECT_TRUE(source) << source.error().text();
  std::string all;
  for (;;) {
    const auto bytes = (*source)->read(1000);
    EXPECT_TRUE(bytes);
    if (!bytes || bytes->empty()) return all;
    all += *bytes;
  }
}

/// The sink, finished.
inline raft::Result<std::unique_ptr<raft::SnapshotSink>> receive(Machine& machine, raft::Index last,
                                                                 std::string_view bytes) {
  ASSIGN_OR_RETURN(auto sink, machine.receive_snapshot(last));
  RETURN_IF_ERROR(sink->write(bytes));
  auto finished = sink->finish();
  if (!finished) return raft::fail(finished.error());
  return sink;
}

inline std::vector<std::uint64_t> directories(leveldb::Env& env) {
  std::vector<std::uint64_t> numbers;
  const auto found = state_directories(env, "/snap");
  EXPECT_TRUE(found);
  for (const raft::Index index : *found) numbers.push_back(index.value());
  return numbers;
}

using Numbers = std::vector<std::uint64_t>;

class Install : public ::testing::Test {
 protected:
  /// The sender is at entry 20, the receiver behind it.
  Install()
      : env_(leveldb::NewMemEnv(leveldb::Env::Default())),
        other_(leveldb::NewMemEnv(leveldb::Env::Default())) {
    sender_ = must_open(first_options(*other_));
    while (sender_->applied().index < raft::Index(19)) put(*sender_, "a", "new");
    configure(*sender_, {.voters = {raft::NodeId(1)}, .learners = {raft::NodeId(4)}});
    bytes_ = snapshot_of(*sender_);
    machine_ = must_open(first_options(*env_));
    put(*machine_, "a", "old");
  }

  void install() {
    auto sink = receive(*machine_, raft::Index(20), bytes_);
    ASSERT_TRUE(sink) << sink.error().text();
    const auto installed = machine_->install(std::move(*sink));
    ASSERT_TRUE(installed) << installed.error().text();
  }

  void reopen_at(std::uint64_t log_base) {
    machine_.reset();
    MachineOptions options = first_options(*env_);
    options.log_base = raft::Index(log_base);
    machine_ = must_open(options);
  }

  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<leveldb::Env> other_;
  std::unique_ptr<Machine> sender_;
  std::unique_ptr<Machine> machine_;
  std::string bytes_;
};

}  // namespace kv::installing
