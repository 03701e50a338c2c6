#include "libraft/log/log_store.h"

#include <gtest/gtest.h>

#include "libraft/disk/disk_env.h"
#include "libraft/log/recover.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/log/script.h"

namespace raft {
namespace {

using testing::difference;
using testing::entry;
using testing::LogOnDisk;
using testing::make_script;
using testing::Model;
using testing::Step;

class LogStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(log_.open()); }

  void run(const Step& step) {
    const auto done = log_.run(step);
    ASSERT_TRUE(done) << done.error().text();
    model_.apply(step);
  }
  void append(std::vector<Entry> entries) { run(LogBatch{.entries = std::move(entries)}); }
  void fill(std::uint64_t count, std::uint64_t term = 1) {
    for (std::uint64_t i = 0; i < count; ++i)
      append({entry(model_.last().value() + 1, term, "payload " + std::to_string(i))});
  }
  void expect_model_after_reopening() {
    const auto opened = log_.open();
    ASSERT_TRUE(opened) << opened.error().text();
    EXPECT_EQ(difference(log_.store(), model_), "");
  }

  testing::FaultEnv disk_;
  LogOnDisk log_{disk_};
  Model model_;
};

TEST_F(LogStoreTest, ANewLogIsEmpty) {
  EXPECT_EQ(difference(log_.store(), model_), "");
  EXPECT_EQ(log_.store().opened().last, Index(0));
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, KeepsEntriesAndTheHardState) {
  const Membership members{
      .voters = {NodeId(1), NodeId(2)}, .outgoing = {NodeId(3)}, .learners = {NodeId(4)}};
  run(LogBatch{.hard_state = HardState{Term(3), NodeId(0xfedcba9876543210)},
               .entries = {entry(1, 1, "", EntryType::kNoop), entry(2, 3, "command"),
                           entry(3, 3, std::string(100'000, 'c')),
                           entry(4, 3, encode_membership(members), EntryType::kConfiguration)}});
  expect_model_after_reopening();
  EXPECT_EQ(log_.store().opened().configurations, (std::vector<Configuration>{{Index(4), members}}));
  EXPECT_GT(log_.store().opened().payload_bytes, 100'000U);
  run(LogBatch{.hard_state = HardState{Term(4), std::nullopt}});
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, ReadStopsBeforeItsBudgetButGivesAtLeastOneEntry) {
  append({entry(1, 1, std::string(10, 'a')), entry(2, 1, std::string(10, 'b')),
          entry(3, 1, std::string(10, 'c'))});
  const LogStore& store = log_.store();
  EXPECT_EQ(store.read(Index(1), Index(3), 0)->size(), 1U);
  EXPECT_EQ(store.read(Index(1), Index(3), 19)->size(), 1U);
  EXPECT_EQ(store.read(Index(1), Index(3), 20)->size(), 2U);
  EXPECT_EQ(store.read(Index(2), Index(3), 1'000)->front().index, Index(2));
  EXPECT_EQ(store.read(Index(2), Index(2), 1'000)->size(), 1U);
}

TEST_F(LogStoreTest, ReadingWhatIsNotThereIsAnErrorWithItsPlace) {
  fill(3);
  const auto read = log_.store().read(Index(2), Index(9), 1'000);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(read.error().text(), testing::kLogPath + ": entry 4: is missing");
}

TEST_F(LogStoreTest, WhatATruncationDropsIsRemovedByTheWritesAfterIt) {
  std::vector<Entry> many;
  for (std::uint64_t i = 1; i <= 3000; ++i) many.push_back(entry(i, 1, "x"));
  append(std::move(many));
  run(EntryId{Index(2900), Term(1)});
  const auto leftovers = [&] {
    log_.close();
    const auto found = verify_log(disk_, testing::kLogPath);
    return found ? found->leftovers : 99999;
  };
  EXPECT_EQ(leftovers(), 2900U) << "a truncation is one write, whatever it drops";
  expect_model_after_reopening();
  EXPECT_EQ(leftovers(), 0U) << "an open removes what is left";
  ASSERT_TRUE(log_.open());
  run(EntryId{Index(2950), Term(1)});
  fill(1);
  EXPECT_EQ(leftovers(), 0U) << "and so does the next write";
}

TEST_F(LogStoreTest, AConflictReplacesTheSuffix) {
  fill(10, 1);
  append({entry(4, 2, "new 4"), entry(5, 2, "new 5")});
  EXPECT_EQ(log_.store().read(Index(4), Index(5), 1'000)->back().bytes(), "new 5");
  expect_model_after_reopening();
  fill(3, 2);
  append({entry(1, 5, "from the first on")});
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, TruncatesInFrontAndGoesOn) {
  fill(20);
  run(EntryId{Index(7), Term(1)});
  expect_model_after_reopening();
  fill(3, 2);
  append({entry(8, 3, "right behind the base")});
  run(EntryId{Index(8), Term(3)});
  expect_model_after_reopening();
  fill(2, 4);
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, TruncatingWhatIsGoneChangesNothing) {
  fill(5);
  run(EntryId{Index(3), Term(1)});
  ASSERT_TRUE(log_.run(EntryId{Index(2), Term(1)}));
  ASSERT_TRUE(log_.run(EntryId{Index(3), Term(1)}));
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, ASnapshotFromElsewhereTakesTheLogsPlace) {
  fill(5);
  run(EntryId{Index(100), Term(7)});
  expect_model_after_reopening();
  append({entry(101, 7, "behind the snapshot")});
  expect_model_after_reopening();
  // An entry with that index but of another term is not the base either.
  fill(4, 7);
  run(EntryId{Index(103), Term(9)});
  expect_model_after_reopening();
  fill(2, 9);
  expect_model_after_reopening();
}

TEST_F(LogStoreTest, AnEmptyBatchWritesNothing) {
  const std::uint64_t before = disk_.steps();
  ASSERT_TRUE(log_.store().append({}));
  EXPECT_EQ(disk_.steps(), before);
}

TEST_F(LogStoreTest, LongScriptsWithManyLivesKeepEverything) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    disk_.restore({});
    model_ = {};
    ASSERT_TRUE(log_.open());
    int number = 0;
    for (const Step& step : make_script(seed, 150, 4'000)) {
      run(step);
      if (++number % 25 == 0) expect_model_after_reopening();
    }
    expect_model_after_reopening();
  }
}

TEST_F(LogStoreTest, LeftoversOfATruncationAreRemovedAtOpen) {
  fill(10);
  const std::uint64_t before = disk_.steps();
  ASSERT_TRUE(log_.run(EntryId{Index(1), Term(1)}));
  const std::uint64_t writes = disk_.steps() - before;
  // The new base is written; then the removal fails.
  disk_.fail_step(writes - 1);
  EXPECT_FALSE(log_.run(EntryId{Index(8), Term(1)}));
  model_.apply(EntryId{Index(8), Term(1)});
  expect_model_after_reopening();
  expect_model_after_reopening();
}

TEST(LogStoreOnFiles, KeepsWhatItWasGivenAndRefusesASecondOwner) {
  testing::TemporaryDirectory directory;
  const auto env = make_disk_env({});
  const LogOptions options{.env = env.get(), .path = directory.path() + "/wal"};
  Model model;
  for (int life = 0; life < 3; ++life) {
    auto opened = open_log_store(options);
    ASSERT_TRUE(opened) << opened.error().text();
    EXPECT_EQ(difference(**opened, model), "");
    for (int i = 0; i < 50; ++i) {
      const Step step = LogBatch{.hard_state = HardState{Term(2), NodeId(1)},
                                 .entries = {entry(model.last().value() + 1, 2, std::string(i * 10, 'p'))}};
      ASSERT_TRUE((*opened)->append(std::get<LogBatch>(step)));
      model.apply(step);
    }
    const auto second = open_log_store(options);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().text().find("in use"), std::string::npos) << second.error().text();
    EXPECT_FALSE(env->failed());
  }
}

}  // namespace
}  // namespace raft
