// A state that comes from another member: read, built beside the one in use, gone over to.
#include <atomic>
#include <thread>

#include "libkv/mvcc/store.h"
#include "tests/unit/machine/install_fixture.h"

namespace kv::installing {
namespace {

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

}  // namespace
}  // namespace kv::installing
