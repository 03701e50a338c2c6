#include <gtest/gtest.h>

#include "tests/unit/machine/install_fixture.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

constexpr SessionId kSession{.birth = 0, .nonce = 7};

raft::Entry entry_of(const Machine& machine, const SessionTag& tag, const Operation& operation,
                     std::uint64_t ahead = 0) {
  return {.index = raft::Index(machine.applied().index.value() + 1 + ahead),
          .term = raft::Term(3),
          .type = raft::EntryType::kCommand,
          .payload = std::make_shared<const std::string>(encode_command(kSelf, 1, operation, tag))};
}

Applied apply_to(Machine& machine, const SessionTag& tag, const Operation& operation) {
  const raft::Entry entry = entry_of(machine, tag, operation);
  auto applied = machine.apply({&entry, 1});
  EXPECT_TRUE(applied) << applied.error().text();
  return std::move(applied->at(0));
}

class Session : public MachineTest {
 protected:
  Applied once(const SessionTag& tag, const Operation& operation) {
    return apply_to(*machine_, tag, operation);
  }
  std::optional<KvError> refusal(const SessionTag& tag, const Operation& operation) {
    const Outcome outcome = once(tag, operation).outcome;
    return outcome.result ? std::nullopt : std::optional(outcome.result.error());
  }
  std::int64_t version_of(const std::string& key) {
    const auto found = get(key);
    return found ? found->version : 0;
  }
};

PutOp put_a(const std::string& value) {
  return {.key = "a", .value = value, .prev_kv = true};
}

TEST_F(Session, ARetryGetsTheFirstAnswerAndChangesNothing) {
  const Applied first = once({kSession, 1}, put_a("1"));
  EXPECT_FALSE(first.repeated);
  put("a", "another's");
  const Applied again = once({kSession, 1}, put_a("1"));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.outcome.revision, first.outcome.revision);
  ASSERT_TRUE(again.outcome.result);
  EXPECT_EQ(std::get<PutResult>(*again.outcome.result).previous, std::nullopt);
  EXPECT_EQ(get("a")->value, "another's");
  EXPECT_EQ(version_of("a"), 2);
}

TEST_F(Session, BothMayBeInOneBatch) {
  const raft::Entry entries[] = {entry_of(*machine_, {kSession, 1}, put_a("1")),
                                 entry_of(*machine_, {kSession, 1}, put_a("1"), 1),
                                 entry_of(*machine_, {kSession, 2}, put_a("2"), 2)};
  const auto applied = machine_->apply(entries);
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->at(1).outcome.revision, applied->at(0).outcome.revision);
  EXPECT_TRUE(applied->at(1).repeated);
  EXPECT_EQ(version_of("a"), 2);
}

TEST_F(Session, ARefusalIsTheAnswerToTheRetryToo) {
  const PutOp on_lease{.key = "a", .value = "v", .lease = 5};
  EXPECT_EQ(refusal({kSession, 1}, on_lease), KvError::kLeaseNotFound);
  EXPECT_EQ(refusal({kSession, 2}, LeaseGrantOp{.lease = 5, .ttl = 60}), std::nullopt);
  EXPECT_EQ(refusal({kSession, 1}, on_lease), KvError::kLeaseNotFound);
  EXPECT_EQ(version_of("a"), 0);
}

TEST_F(Session, EveryKindOfWriteIsMadeOnce) {
  TxnOp txn;
  txn.compares.push_back({.target = Compare::Target::kVersion, .key = "a"});
  txn.success.push_back(put_op("a"));
  txn.failure.push_back(range_op("a"));
  const std::vector<Operation> writes{txn,
                                      LeaseGrantOp{.lease = 5, .ttl = 60},
                                      PutOp{.key = "b", .value = "v", .lease = 5},
                                      LeaseRevokeOp{5},
                                      DeleteRangeOp{.key = "a", .prev_kv = true},
                                      CompactOp{2}};
  std::uint64_t sequence = 0;
  for (const Operation& write : writes) {
    const SessionTag tag{kSession, ++sequence};
    const Applied first = once(tag, write);
    const std::int64_t after = machine_->view().revision();
    const Applied again = once(tag, write);
    ASSERT_TRUE(first.outcome.result) << describe(write);
    ASSERT_TRUE(again.outcome.result) << describe(write);
    EXPECT_EQ(again.outcome.revision, first.outcome.revision) << describe(write);
    EXPECT_EQ(again.outcome.result->index(), first.outcome.result->index());
    EXPECT_EQ(machine_->view().revision(), after) << describe(write);
  }
}

TEST_F(Session, WhatItSaysSurvivesARestart) {
  const Applied first = once({kSession, 1}, put_a("1"));
  once({kSession, 3, 2}, put_a("3"));
  reopen();
  EXPECT_EQ(refusal({kSession, 1}, put_a("1")), KvError::kResultForgotten);
  EXPECT_EQ(refusal({kSession, 2}, put_a("2")), KvError::kResultForgotten);
  const Applied again = once({kSession, 3, 2}, put_a("3"));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.outcome.revision, first.outcome.revision + 1);
  EXPECT_EQ(version_of("a"), 2);
}

TEST_F(Session, OneThatWasDroppedIsRefusedAlsoAfterARestart) {
  options_.sessions.sessions_max = 1;
  reopen();
  put("x", "1");
  once({kSession, 1}, put_a("1"));
  once({{.birth = 1, .nonce = 8}, 1}, put_a("2"));
  EXPECT_EQ(refusal({kSession, 1}, put_a("1")), KvError::kSessionExpired);
  reopen();
  EXPECT_EQ(refusal({kSession, 1}, put_a("1")), KvError::kSessionExpired);
  EXPECT_EQ(refusal({kSession, 2}, put_a("1")), KvError::kSessionExpired);
  EXPECT_EQ(version_of("a"), 2);
}

TEST_F(Session, AResultThatIsTooLargeIsNotToldAgainAndNotMadeAgain) {
  options_.sessions.result_bytes_max = 100;
  reopen();
  put("a", std::string(200, 'x'));
  const Applied first = once({kSession, 1}, put_a("1"));
  ASSERT_TRUE(first.outcome.result);
  EXPECT_EQ(std::get<PutResult>(*first.outcome.result).previous->value.size(), 200U);
  const Applied again = once({kSession, 1}, put_a("1"));
  EXPECT_EQ(again.outcome.result.error(), KvError::kResultTooLarge);
  EXPECT_EQ(again.outcome.revision, first.outcome.revision);
  EXPECT_EQ(version_of("a"), 2);
}

TEST_F(Session, TravelsWithTheState) {
  std::unique_ptr<leveldb::Env> here(leveldb::NewMemEnv(leveldb::Env::Default()));
  std::unique_ptr<leveldb::Env> there(leveldb::NewMemEnv(leveldb::Env::Default()));
  const auto sender = installing::must_open(installing::first_options(*here));
  const auto receiver = installing::must_open(installing::first_options(*there));
  const Applied first = apply_to(*sender, {kSession, 1}, put_a("1"));
  installing::put(*sender, "b", "2");
  auto sink = installing::receive(*receiver, sender->applied().index, installing::snapshot_of(*sender));
  ASSERT_TRUE(sink) << sink.error().text();
  ASSERT_TRUE(receiver->install(std::move(*sink)));
  const Applied again = apply_to(*receiver, {kSession, 1}, put_a("1"));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.outcome.revision, first.outcome.revision);
}

}  // namespace
}  // namespace kv
