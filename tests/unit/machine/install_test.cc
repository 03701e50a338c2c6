// A state that comes from another member: read, built beside the one in use, gone over to; and what a crash
// leaves at every step of it.
#include <leveldb/helpers/memenv.h>

#include <atomic>
#include <thread>

#include "libkv/machine/state_directory.h"
#include "libkv/mvcc/store.h"
#include "libraft/base/random.h"
#include "libraft/disk/latch_env.h"
#include "tests/support/fault_env.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

constexpr raft::EntryId kBootstrap{raft::Index(1), raft::Term(1)};

MachineOptions first_options(leveldb::Env& env, std::uint64_t cluster = 0xc1) {
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

std::unique_ptr<Machine> must_open(const MachineOptions& options) {
  auto opened = Machine::open(options);
  EXPECT_TRUE(opened) << opened.error().text();
  return opened ? std::move(*opened) : nullptr;
}

raft::Entry put_entry(const Machine& machine, const std::string& key, const std::string& value) {
  return {.index = machine.applied().index.next(),
          .term = raft::Term(3),
          .type = raft::EntryType::kCommand,
          .payload = std::make_shared<const std::string>(
              encode_command(kSelf, 1, PutOp{.key = key, .value = value}))};
}

void put(Machine& machine, const std::string& key, const std::string& value) {
  const raft::Entry entry = put_entry(machine, key, value);
  ASSERT_TRUE(machine.apply({&entry, 1}));
}

void configure(Machine& machine, const raft::Membership& members) {
  const raft::Entry entry{.index = machine.applied().index.next(),
                          .term = raft::Term(3),
                          .type = raft::EntryType::kConfiguration,
                          .payload = std::make_shared<const std::string>(raft::encode_membership(members))};
  ASSERT_TRUE(machine.apply({&entry, 1}));
}

std::string value_of(const ReadView& view, const std::string& key) {
  const auto found = view.range(RangeOp{.key = key});
  EXPECT_TRUE(found.has_value());
  return !found || found->kvs.empty() ? "" : found->kvs[0].value;
}

std::string snapshot_of(const Machine& machine) {
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
raft::Result<std::unique_ptr<raft::SnapshotSink>> receive(Machine& machine, raft::Index last,
                                                          std::string_view bytes) {
  ASSIGN_OR_RETURN(auto sink, machine.receive_snapshot(last));
  RETURN_IF_ERROR(sink->write(bytes));
  auto finished = sink->finish();
  if (!finished) return raft::fail(finished.error());
  return sink;
}

std::vector<std::uint64_t> directories(leveldb::Env& env) {
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

TEST_F(Install, AnInitialMemberBeginsAtEntryOneWithItsVoters) {
  MachineOptions options = first_options(*env_);
  options.path = "/fresh";
  const auto fresh = must_open(options);
  EXPECT_EQ(fresh->applied(), kBootstrap);
  const raft::Configuration expected{
      raft::Index(1), {.voters = {raft::NodeId(1), raft::NodeId(2)}, .learners = {raft::NodeId(3)}}};
  EXPECT_EQ(fresh->configuration(), expected);
}

TEST_F(Install, AMemberThatJoinsBeginsWithNothing) {
  const auto joining = must_open({.env = env_.get(), .path = "/joining"});
  EXPECT_EQ(joining->applied(), raft::EntryId());
  EXPECT_EQ(joining->configuration(), raft::Configuration());
  EXPECT_TRUE(joining->members().empty());
}

TEST_F(Install, TheConfigurationIsAppliedAndSurvivesReopening) {
  const raft::Configuration expected{raft::Index(3), {.voters = {raft::NodeId(1)}}};
  configure(*machine_, expected.members);
  EXPECT_EQ(machine_->configuration(), expected);
  reopen_at(1);
  EXPECT_EQ(machine_->configuration(), expected);
}

TEST_F(Install, AMembershipThatNobodyCanReadIsAFault) {
  raft::Entry entry = put_entry(*machine_, "a", "1");
  entry.type = raft::EntryType::kConfiguration;
  EXPECT_FALSE(machine_->apply({&entry, 1}));
  EXPECT_FALSE(machine_->sync());
}

TEST_F(Install, TheSourceSaysWhatItCovers) {
  const auto source = sender_->open_snapshot();
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->info().last, sender_->applied());
  EXPECT_EQ((*source)->info().configuration, sender_->configuration());
}

TEST_F(Install, MakesTheStateTheSendersOne) {
  install();
  EXPECT_EQ(machine_->applied(), sender_->applied());
  EXPECT_EQ(machine_->configuration(), sender_->configuration());
  EXPECT_EQ(machine_->members(), sender_->members());
  EXPECT_EQ(value_of(machine_->view(), "a"), "new");
  EXPECT_EQ(snapshot_of(*machine_), bytes_);
}

TEST_F(Install, GoesOnFromThere) {
  install();
  put(*machine_, "b", "1");
  put(*sender_, "b", "1");
  EXPECT_EQ(snapshot_of(*machine_), snapshot_of(*sender_));
  reopen_at(20);
  EXPECT_EQ(snapshot_of(*machine_), snapshot_of(*sender_));
}

TEST_F(Install, OldViewsStayGoodAndTheirDirectoryGoesWithTheLast) {
  auto old = std::make_unique<ReadView>(machine_->view());
  install();
  EXPECT_EQ(value_of(*old, "a"), "old");
  ASSERT_TRUE(machine_->compact_some());
  EXPECT_EQ(directories(*env_), (Numbers{1, 20}));
  EXPECT_EQ(value_of(*old, "a"), "old");
  old.reset();
  ASSERT_TRUE(machine_->compact_some());
  EXPECT_EQ(directories(*env_), Numbers{20});
}

TEST_F(Install, ReadersOnOtherThreadsSeeTheOneStateOrTheOther) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> reads = 0;
  const auto read = [&] {
    while (!stop) {
      const std::string value = value_of(machine_->view(), "a");
      EXPECT_TRUE(value == "old" || value == "new") << value;
      EXPECT_EQ(machine_->members().size(), 3U);
      EXPECT_GE(machine_->configuration().index, raft::Index(1));
      const std::string snapshot = snapshot_of(*machine_);
      EXPECT_FALSE(snapshot.empty());
      ++reads;
    }
  };
  std::thread first(read);
  std::thread second(read);
  while (reads < 10) std::this_thread::yield();
  install();
  const std::uint64_t before = reads;
  while (reads < before + 10) EXPECT_TRUE(machine_->compact_some());
  stop = true;
  first.join();
  second.join();
  EXPECT_TRUE(machine_->compact_some());
  EXPECT_EQ(directories(*env_), Numbers{20});
}

TEST_F(Install, OldViewsMayOutliveTheMachine) {
  const ReadView old = machine_->view();
  install();
  machine_.reset();
  EXPECT_EQ(value_of(old, "a"), "old");
}

TEST_F(Install, ASnapshotBeingReadStaysGood) {
  const auto reading = sender_->open_snapshot();
  ASSERT_TRUE(reading);
  machine_.swap(sender_);
  env_.swap(other_);
  put(*sender_, "b", "1");
  while (sender_->applied().index < raft::Index(30)) put(*sender_, "b", "2");
  auto sink = receive(*machine_, raft::Index(30), snapshot_of(*sender_));
  ASSERT_TRUE(sink) << sink.error().text();
  ASSERT_TRUE(machine_->install(std::move(*sink)));
  ASSERT_TRUE(machine_->compact_some());
  std::string all;
  for (auto bytes = (*reading)->read(100); bytes && !bytes->empty(); bytes = (*reading)->read(100))
    all += *bytes;
  EXPECT_EQ(all, bytes_);
}

TEST_F(Install, ASinkThatIsDroppedLeavesNothing) {
  {
    const auto sink = receive(*machine_, raft::Index(20), bytes_);
    ASSERT_TRUE(sink);
    EXPECT_EQ(directories(*env_), (Numbers{1, 20}));
  }
  EXPECT_EQ(directories(*env_), Numbers{1});
  install();
}

TEST_F(Install, OfSomethingOlderIsRefusedAndChangesNothing) {
  auto sink = receive(*machine_, raft::Index(20), bytes_);
  ASSERT_TRUE(sink);
  while (machine_->applied().index < raft::Index(25)) put(*machine_, "a", "newer");
  const auto installed = machine_->install(std::move(*sink));
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, raft::ErrorCode::kInvalidArgument);
  put(*machine_, "a", "newest");
  EXPECT_EQ(directories(*env_), Numbers{1});
}

TEST_F(Install, TheStateInUseIsNeverBuiltOver) {
  install();
  EXPECT_FALSE(machine_->receive_snapshot(raft::Index(20)));
  EXPECT_EQ(value_of(machine_->view(), "a"), "new");
}

TEST_F(Install, ASnapshotOfAnotherEntryIsAMismatch) {
  const auto sink = receive(*machine_, raft::Index(21), bytes_);
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, raft::ErrorCode::kMismatch);
  EXPECT_EQ(directories(*env_), Numbers{1});
}

TEST_F(Install, ASnapshotOfAnotherClusterIsAMismatch) {
  MachineOptions options = first_options(*env_, 0xbad);
  options.path = "/bad";
  const auto other = must_open(options);
  const auto sink = receive(*other, raft::Index(20), bytes_);
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().code, raft::ErrorCode::kMismatch);
}

TEST_F(Install, WhatTheLogDidNotAcceptIsGoneAtTheNextOpen) {
  auto sink = receive(*machine_, raft::Index(20), bytes_);
  ASSERT_TRUE(sink);
  ASSERT_TRUE(machine_->install(std::move(*sink)));
  reopen_at(1);
  EXPECT_EQ(directories(*env_), Numbers{1});
  EXPECT_EQ(value_of(machine_->view(), "a"), "old");
}

TEST_F(Install, WhatTheLogAcceptedIsTheStateAtTheNextOpen) {
  install();
  reopen_at(20);
  EXPECT_EQ(directories(*env_), Numbers{20});
  EXPECT_EQ(machine_->applied(), sender_->applied());
}

TEST_F(Install, AWholeStateThatTheLogWentPastIsPassedOverAndRemoved) {
  // Received elsewhere, so that it is there as a crash before its removal would leave it.
  MachineOptions elsewhere = first_options(*env_);
  elsewhere.path = "/elsewhere";
  const auto other = must_open(elsewhere);
  auto sink = receive(*other, raft::Index(20), bytes_);
  ASSERT_TRUE(sink);
  ASSERT_TRUE(other->install(std::move(*sink)));
  while (machine_->applied().index < raft::Index(30)) put(*machine_, "a", "its own way");
  machine_.reset();
  std::vector<std::string> files;
  ASSERT_TRUE(env_->GetChildren(state_path("/elsewhere", raft::Index(20)), &files).ok());
  for (const std::string& file : files) {
    std::string content;
    leveldb::ReadFileToString(env_.get(), state_path("/elsewhere", raft::Index(20)) + "/" + file, &content);
    leveldb::WriteStringToFile(env_.get(), content, state_path("/snap", raft::Index(20)) + "/" + file);
  }
  ASSERT_EQ(directories(*env_), (Numbers{1, 20}));
  reopen_at(25);
  ASSERT_TRUE(machine_);
  EXPECT_EQ(machine_->applied().index, raft::Index(30));
  EXPECT_EQ(value_of(machine_->view(), "a"), "its own way");
  EXPECT_EQ(directories(*env_), Numbers{1});
}

TEST_F(Install, AStateThatDoesNotReachTheLogIsCorruption) {
  install();
  machine_.reset();
  MachineOptions options = first_options(*env_);
  options.log_base = raft::Index(25);
  const auto opened = Machine::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, raft::ErrorCode::kCorruption);
}

TEST_F(Install, ALogThatBeginsBehindEveryStateIsCorruption) {
  machine_.reset();
  MachineOptions options = first_options(*env_);
  options.log_base = raft::Index(7);
  options.path = "/nothing";
  const auto opened = Machine::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, raft::ErrorCode::kCorruption);
  EXPECT_EQ(opened.error().what, "no state reaches entry 7, behind which the log begins");
}

TEST_F(Install, AStateInThePlaceOfTheDirectoriesIsAMismatch) {
  const auto store = Store::open({.env = env_.get(), .path = "/flat", .first_rows = {}, .first = {}});
  ASSERT_TRUE(store);
  const auto opened = Machine::open({.env = env_.get(), .path = "/flat"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, raft::ErrorCode::kMismatch);
}

/// One member on a disk that loses power at the given step; the log is a number.
class Crashing {
 public:
  Crashing(raft::testing::FaultEnv& disk, std::string_view bytes) : disk_(disk), bytes_(bytes) {}

  /// Everything that an install does, as far as the disk lets it.
  void run() {
    raft::LatchEnv env(&disk_);
    auto opened = Machine::open(first_options(env));
    if (!opened) return;
    auto sink = receive(**opened, raft::Index(20), bytes_);
    if (!sink || disk_.power_is_off()) return;
    accepted_ = true;  // the log's own write; its crashes are its own tests'
    if (!(*opened)->install(std::move(*sink))) return;
    static_cast<void>((*opened)->compact_some());
  }

  void check(std::uint64_t step) {
    raft::LatchEnv env(&disk_);
    MachineOptions options = first_options(env);
    if (accepted_) options.log_base = raft::Index(20);
    const auto opened = Machine::open(options);
    ASSERT_TRUE(opened) << "power lost at step " << step << ": " << opened.error().text();
    EXPECT_EQ((*opened)->applied().index, raft::Index(accepted_ ? 20 : 1)) << "step " << step;
    EXPECT_EQ(value_of((*opened)->view(), "a"), accepted_ ? "new" : "") << "step " << step;
    EXPECT_EQ(directories(env), Numbers{accepted_ ? 20U : 1U}) << "step " << step;
  }

  [[nodiscard]] bool accepted() const { return accepted_; }

 private:
  raft::testing::FaultEnv& disk_;
  const std::string_view bytes_;
  bool accepted_ = false;
};

TEST_F(Install, APowerCutAtEveryStepLeavesTheOneStateOrTheOther) {
  raft::Random random(1);
  for (const raft::testing::Loss loss : {raft::testing::Loss::kEverything, raft::testing::Loss::kSuffix}) {
    bool finished = false;
    std::uint64_t accepted = 0;
    for (std::uint64_t step = 0; !finished; ++step) {
      raft::testing::FaultEnv disk(raft::testing::FaultEnv::Background::kThread);
      disk.cut_power(step);
      Crashing member(disk, bytes_);
      member.run();
      finished = !disk.power_is_off();
      disk.power_on(loss, random);
      member.check(step);
      accepted += member.accepted() ? 1 : 0;
      if (HasFailure()) return;
    }
    EXPECT_GT(accepted, 5U) << "steps behind the one that decides";
  }
}

}  // namespace
}  // namespace kv
