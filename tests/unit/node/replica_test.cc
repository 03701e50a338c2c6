#include "libraft/node/replica.h"

#include <gtest/gtest.h>

#include "tests/support/memory_log.h"

namespace raft {
namespace {

ReplicaOptions options_of_one() {
  ReplicaOptions options;
  options.self = NodeId(1);
  return options;
}

/// A state of a cluster of members 1 to n.
SnapshotInfo state_of(std::size_t members, EntryId applied = {}) {
  SnapshotInfo state{.last = applied, .configuration = {}};
  for (std::uint64_t i = 1; i <= members; ++i) state.configuration.members.voters.emplace_back(i);
  return state;
}

SharedBytes bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// Steps a replica and makes its writes durable at once.
class Bench {
 public:
  Bench(const ReplicaOptions& options, testing::MemoryLog& log, const SnapshotInfo& state)
      : log_(log), replica_(*Replica::create(options, log, state)) {}

  ReplicaWork step(ReplicaInput input) {
    ReplicaWork work = *replica_.step(std::move(input));
    if (work.persist) {
      if (work.persist->base) {
        EXPECT_TRUE(log_.truncate_prefix(*work.persist->base));
      }
      LogBatch batch{work.persist->hard_state, work.persist->entries};
      EXPECT_TRUE(log_.append(batch));
      persisted_ = work.persist->sequence;
    }
    for (const Entry& entry : work.apply) applied_.push_back(entry);
    return work;
  }
  /// Steps until the last write was reported back.
  void settle() {
    while (persisted_) {
      ReplicaInput input;
      input.persisted = std::exchange(persisted_, std::nullopt);
      step(std::move(input));
    }
  }
  void tick_until_leader() {
    for (int i = 0; i < 200 && replica_.status().role != RoleName::kLeader; ++i) {
      step({.ticks = 1});
      settle();
    }
    ASSERT_EQ(replica_.status().role, RoleName::kLeader);
  }

  testing::MemoryLog& log_;
  Replica replica_;
  std::optional<std::uint64_t> persisted_;
  std::vector<Entry> applied_;
};

TEST(Replica, AppliesAProposalOnceItIsDurable) {
  testing::MemoryLog log;
  Bench bench(options_of_one(), log, state_of(1));
  bench.tick_until_leader();
  ReplicaInput input;
  input.proposals.push_back(bytes("put"));
  bench.step(std::move(input));
  EXPECT_EQ(bench.applied_.size(), 1U) << "only the no-op: the write is not reported durable yet";
  bench.settle();
  ASSERT_EQ(bench.applied_.size(), 2U);
  EXPECT_EQ(bench.applied_[1].bytes(), "put");
}

TEST(Replica, HoldsProposalsUntilThereIsALeader) {
  testing::MemoryLog log;
  Bench bench(options_of_one(), log, state_of(1));
  ReplicaInput input;
  input.proposals.push_back(bytes("early"));
  bench.step(std::move(input));
  bench.tick_until_leader();
  bench.step({.ticks = 1});
  bench.settle();
  ASSERT_EQ(bench.applied_.size(), 2U);
  EXPECT_EQ(bench.applied_[1].bytes(), "early");
}

TEST(Replica, DropsAHeldProposalWhenItsTimeIsOver) {
  testing::MemoryLog log;
  Bench bench(options_of_one(), log, state_of(3));
  ReplicaInput input;
  input.proposals.push_back(bytes("lost"));
  bench.step(std::move(input));
  for (int i = 0; i < 501; ++i) bench.step({.ticks = 1});
  AppendEntries heartbeat{.term = Term(9), .previous = {}, .commit = {}, .round = 0, .entries = {}};
  ReplicaInput leader;
  leader.messages.push_back({NodeId(2), {heartbeat}});
  bench.step(std::move(leader));
  bench.settle();
  const ReplicaWork work = bench.step({.ticks = 1});
  for (const auto& [to, messages] : work.mail) {
    for (const Message& message : messages) EXPECT_FALSE(std::holds_alternative<ForwardProposals>(message));
  }
}

TEST(Replica, AnswersReadsOfASingleVoterAtOnce) {
  testing::MemoryLog log;
  Bench bench(options_of_one(), log, state_of(1));
  bench.tick_until_leader();
  ReplicaInput input;
  input.read_tickets = {7, 8};
  const ReplicaWork work = bench.step(std::move(input));
  ASSERT_EQ(work.reads.size(), 1U);
  EXPECT_EQ(work.reads[0].tickets, (std::vector<std::uint64_t>{7, 8}));
  EXPECT_EQ(work.reads[0].index, Index(1));
}

TEST(Replica, AppliesFromDiskWhatItsEarlierLifeHadNotApplied) {
  testing::MemoryLog log;
  {
    Bench bench(options_of_one(), log, state_of(1));
    bench.tick_until_leader();
    ReplicaInput input;
    input.proposals = {bytes("one"), bytes("two")};
    bench.step(std::move(input));
    bench.settle();
  }
  log.reopen();
  Bench bench(options_of_one(), log, state_of(1, {Index(1), Term(1)}));
  bench.tick_until_leader();
  ASSERT_EQ(bench.applied_.size(), 3U);
  EXPECT_EQ(bench.applied_[0].bytes(), "one");
  EXPECT_EQ(bench.applied_[1].bytes(), "two");
  EXPECT_EQ(bench.applied_[2].type, EntryType::kNoop);
}

TEST(Replica, RefusesAStateThatTheLogDoesNotReach) {
  testing::MemoryLog log;
  const auto refused = Replica::create(options_of_one(), log, state_of(1, {Index(5), Term(1)}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruption);
}

TEST(Replica, GivesTheApplySideNoMoreThanItsLimit) {
  testing::MemoryLog log;
  ReplicaOptions options = options_of_one();
  options.applying_bytes_max = 10;
  Bench bench(options, log, state_of(1));
  bench.tick_until_leader();
  ReplicaInput input;
  for (int i = 0; i < 5; ++i) input.proposals.push_back(bytes("12345678"));
  bench.step(std::move(input));
  bench.settle();
  const std::size_t given = bench.applied_.size();
  EXPECT_LT(given, 6U);
  ReplicaInput applied;
  applied.applied = bench.applied_.back().index;
  bench.step(std::move(applied));
  EXPECT_GT(bench.applied_.size(), given);
}

}  // namespace
}  // namespace raft
