// The hash of a state: the same wherever the same entries were applied, and only there.
#include <algorithm>

#include "tests/unit/machine/install_fixture.h"

namespace kv {
namespace {

using namespace installing;

/// Of every kind that leaves something in the state.
std::vector<Operation> some_operations() {
  std::vector<Operation> all;
  for (int i = 0; i < 20; ++i)
    all.emplace_back(PutOp{.key = "k" + std::to_string(i % 7), .value = std::to_string(i)});
  all.emplace_back(LeaseGrantOp{.lease = 5, .ttl = 60});
  all.emplace_back(PutOp{.key = "leased", .value = "v", .lease = 5});
  all.emplace_back(LeaseGrantOp{.lease = 6, .ttl = 60});
  all.emplace_back(LeaseCheckpointOp{.term = raft::Term(3), .leases = {{5, 30}}});
  all.emplace_back(LeaseRevokeOp{.lease = 6});
  all.emplace_back(AlarmOp{.alarm = {.member = raft::NodeId(2), .type = AlarmType::kCorrupt}});
  all.emplace_back(
      AlarmOp{.deactivate = true, .alarm = {.member = raft::NodeId(2), .type = AlarmType::kCorrupt}});
  all.emplace_back(AlarmOp{.alarm = {.member = raft::NodeId(1), .type = AlarmType::kNoSpace}});
  all.emplace_back(PublishMemberOp{.member = raft::NodeId(1), .name = "one", .client_urls = {"http://c:1"}});
  all.emplace_back(CompactOp{.revision = 12});
  all.emplace_back(DeleteRangeOp{.key = "k", .range_end = "l"});
  return all;
}

std::vector<raft::Entry> entries_of(const std::vector<Operation>& operations) {
  std::vector<raft::Entry> entries;
  raft::Index index = kBootstrap.index;
  std::uint64_t writes = 0;
  for (const Operation& operation : operations) {
    // Puts leave their results in a session as well.
    std::optional<SessionTag> tag;
    if (std::holds_alternative<PutOp>(operation)) tag = {SessionId{.birth = 0, .nonce = 7}, ++writes};
    index = index.next();
    entries.push_back(
        {.index = index,
         .term = raft::Term(3),
         .type = raft::EntryType::kCommand,
         .payload = std::make_shared<const std::string>(encode_command(kSelf, 1, operation, tag))});
  }
  return entries;
}

class StatePoints : public ::testing::Test {
 protected:
  /// Applies in batches of that size; gives the points that were passed.
  static std::vector<StatePoint> apply(Machine& machine, std::span<const raft::Entry> entries,
                                       std::size_t batch) {
    std::vector<StatePoint> points;
    while (!entries.empty()) {
      const auto now = entries.first(std::min(batch, entries.size()));
      EXPECT_TRUE(machine.apply(now));
      points.insert(points.end(), machine.points().begin(), machine.points().end());
      entries = entries.subspan(now.size());
    }
    return points;
  }

  std::unique_ptr<Machine> fresh() {
    envs_.emplace_back(leveldb::NewMemEnv(leveldb::Env::Default()));
    return must_open(first_options(*envs_.back()));
  }

  std::vector<std::unique_ptr<leveldb::Env>> envs_;
};

TEST_F(StatePoints, AreTheSameHoweverTheEntriesCameInBatches) {
  const auto entries = entries_of(some_operations());
  const auto machine = fresh();
  const auto points = apply(*machine, entries, 1);
  ASSERT_EQ(points.size(), entries.back().index.value() / kPointStride);
  for (const std::size_t batch : {std::size_t{3}, std::size_t{16}, entries.size()}) {
    const auto other = fresh();
    EXPECT_EQ(apply(*other, entries, batch), points);
    EXPECT_EQ(other->state_point(), machine->state_point());
  }
  EXPECT_EQ(machine->state_point().index, machine->applied().index);
}

TEST_F(StatePoints, SurviveARestartAndPhysicalCompaction) {
  auto machine = fresh();
  apply(*machine, entries_of(some_operations()), 7);
  const StatePoint before = machine->state_point();
  for (int i = 0; i < 100 && *machine->compact_some(); ++i) {
  }
  EXPECT_EQ(machine->state_point(), before);
  machine.reset();
  machine = must_open(first_options(*envs_.back()));
  EXPECT_EQ(machine->state_point(), before);
}

TEST_F(StatePoints, AStateThatWasReceivedHasTheHashOfItsSender) {
  const auto sender = fresh();
  configure(*sender, {.voters = {raft::NodeId(1), raft::NodeId(2)}, .outgoing = {}, .learners = {}});
  auto entries = entries_of(some_operations());
  for (raft::Entry& entry : entries) entry.index = entry.index.next();
  apply(*sender, entries, 7);
  const auto receiver = fresh();
  auto sink = receive(*receiver, sender->applied().index, snapshot_of(*sender));
  ASSERT_TRUE(sink);
  ASSERT_TRUE(receiver->install(std::move(*sink)));
  EXPECT_EQ(receiver->state_point(), sender->state_point());
  put(*sender, "more", "v");
  put(*receiver, "more", "v");
  EXPECT_EQ(receiver->state_point(), sender->state_point());
}

TEST_F(StatePoints, ShowEveryDifference) {
  const std::vector<Operation> right = some_operations();
  const auto machine = fresh();
  apply(*machine, entries_of(right), 100);
  for (std::size_t i = 0; i < right.size(); ++i) {
    // What leaves a trace that nothing later wipes out.
    std::vector<Operation> wrong = right;
    if (auto* put = std::get_if<PutOp>(&wrong[i])) {
      put->value += "!";
    } else if (auto* grant = std::get_if<LeaseGrantOp>(&wrong[i]); grant != nullptr && grant->lease == 5) {
      grant->ttl = 61;
    } else if (auto* told = std::get_if<LeaseCheckpointOp>(&wrong[i])) {
      told->leases[0].seconds = 31;
    } else if (auto* alarm = std::get_if<AlarmOp>(&wrong[i]);
               alarm != nullptr && alarm->alarm.member == kSelf) {
      alarm->alarm.type = AlarmType::kCorrupt;
    } else if (auto* publish = std::get_if<PublishMemberOp>(&wrong[i])) {
      publish->name = "two";
    } else if (auto* compact = std::get_if<CompactOp>(&wrong[i])) {
      compact->revision = 11;
    } else {
      continue;
    }
    const auto other = fresh();
    apply(*other, entries_of(wrong), 100);
    EXPECT_NE(other->state_point().hash, machine->state_point().hash) << describe(wrong[i]);
  }
}

}  // namespace
}  // namespace kv
