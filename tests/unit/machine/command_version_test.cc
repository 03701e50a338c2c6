#include "libkv/machine/command_version.h"

#include "libkv/mvcc/record.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

class CommandVersion : public MachineTest {
 protected:
  void SetUp() override {
    options_.members = {{.id = kSelf}, {.id = raft::NodeId(2)}};
    options_.known_version = 4;
    open();
  }
  std::uint32_t raise(std::uint32_t version, std::vector<raft::NodeId> members) {
    const Outcome outcome = apply(RaiseVersionOp{.version = version, .members = std::move(members)});
    return outcome.result ? std::get<RaiseVersionResult>(*outcome.result).version : 0;
  }

  const std::vector<raft::NodeId> both_{kSelf, raft::NodeId(2)};
};

TEST_F(CommandVersion, AStateThatWasToldOfNoneHasTheBaseVersion) {
  EXPECT_EQ(machine_->command_version(), kBaseVersion);
}

TEST_F(CommandVersion, IsRaisedOnTheWordOfAllMembersAndKept) {
  EXPECT_EQ(raise(3, both_), 3U);
  reopen();
  EXPECT_EQ(machine_->command_version(), 3U);
}

TEST_F(CommandVersion, StaysWhenAMemberCameMeanwhileThatHasNotTold) {
  AddMemberOp add;
  add.member = {.id = raft::NodeId(3), .peer_urls = {"http://c:1"}};
  ASSERT_TRUE(apply(add).result);
  EXPECT_EQ(raise(3, both_), kBaseVersion);
  EXPECT_EQ(raise(3, {kSelf, raft::NodeId(2), raft::NodeId(3)}), 3U);
}

TEST_F(CommandVersion, NeverFalls) {
  EXPECT_EQ(raise(3, both_), 3U);
  EXPECT_EQ(raise(2, both_), 3U);
}

TEST_F(CommandVersion, AMemberThatKnowsLessDoesNotOpenTheState) {
  raise(3, both_);
  machine_.reset();
  options_.known_version = 2;
  const auto opened = Machine::open(options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, raft::ErrorCode::kMismatch);
  EXPECT_EQ(
      opened.error().text(),
      "this kvd: knows commands up to version 2, but its cluster uses version 3; start the newer kvd that "
      "ran here, or that the others run");
}

TEST_F(CommandVersion, AMemberThatKnowsLessStopsInFrontOfTheRaiseAndANewerOneGoesOnThere) {
  machine_.reset();
  options_.known_version = 2;
  open();
  const raft::Entry entry =
      next_entry(encode_command(kSelf, 1, RaiseVersionOp{.version = 3, .members = both_}));
  const auto applied = machine_->apply({&entry, 1});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, raft::ErrorCode::kMismatch);
  EXPECT_FALSE(machine_->apply({&entry, 1})) << "it goes on behind what it does not know";
  machine_.reset();
  options_.known_version = 3;
  open();
  ASSERT_TRUE(machine_->apply({&entry, 1}));
  EXPECT_EQ(machine_->command_version(), 3U);
}

TEST(CommandVersionRow, TheWorkedExampleOfTheFormatIsTrueAndDamageIsSeen) {
  const auto [key, value] = command_version_row(2);
  EXPECT_EQ(key, "k/commands");
  EXPECT_EQ(value.substr(0, 5), std::string("\x01\x02\x00\x00\x00", 5));
  EXPECT_EQ(decode_command_version(value), 2U);
  for (std::size_t i = 1; i < value.size(); ++i) {
    std::string flipped = value;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    const auto decoded = decode_command_version(flipped);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, raft::ErrorCode::kCorruption);
  }
  EXPECT_FALSE(decode_command_version(value.substr(0, 12)));
  EXPECT_EQ(decode_command_version("\x02" + value.substr(1)).error().code, raft::ErrorCode::kMismatch);
}

}  // namespace
}  // namespace kv
