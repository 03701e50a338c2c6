#include "libkv/server/divergence_desk.h"

#include <gtest/gtest.h>

#include <memory>

#include "libkv/server/point_note.h"
#include "tests/unit/server/fake_office.h"

namespace kv {
namespace {

using namespace std::chrono_literals;
using raft::NodeId;

constexpr std::uint64_t kTheirs = 0x11;
constexpr std::uint64_t kAnother = 0x22;

/// Members 1 to 3 behind one entry, each with a state and a program of its own.
class DivergenceDeskTest : public ::testing::Test {
 protected:
  struct One {
    One(std::uint64_t id, std::uint64_t hash, std::uint32_t version)
        : office(NodeId(id)),
          desk(1, office,
               {.state = [hash] { return StatePoint{.index = raft::Index(32), .hash = hash}; },
                .hash_version = version}) {
      office.table = {{.id = NodeId(1)}, {.id = NodeId(2)}, {.id = NodeId(3)}};
    }
    testing::FakeOffice office;
    DivergenceDesk desk;
  };

  void add(std::uint64_t hash, std::uint32_t version) {
    members_.push_back(std::make_unique<One>(members_.size() + 1, hash, version));
  }
  /// Each tells the others, and then compares what it heard.
  void talk() {
    for (int round = 0; round < 2; ++round) {
      now_ += kComparePause;
      for (auto& member : members_) member->desk.ticked(now_);
      for (auto& member : members_) {
        for (const auto& [to, bytes] : std::exchange(member->office.sent, {})) {
          if (to.value() > members_.size()) continue;
          members_[to.value() - 1]->desk.received(member->office.self(), *decode_note(bytes));
        }
      }
    }
  }
  /// Members 1 and 2 tell the one that is here as `version` that they have their state.
  void hear_two(One& one, const std::string& body) {
    one.desk.received(NodeId(1), {.kind = NoteKind::kPoints, .body = body});
    one.desk.received(NodeId(2), {.kind = NoteKind::kPoints, .body = body});
    one.desk.ticked(now_ + kComparePause);
  }

  Desk::Clock::time_point now_{1000s};
  std::vector<std::unique_ptr<One>> members_;
};

TEST_F(DivergenceDeskTest, OneStateAmongThreeIsOddAndRaisesTheAlarm) {
  add(kTheirs, 2);
  add(kTheirs, 2);
  add(kAnother, 2);
  talk();
  EXPECT_EQ(members_[0]->desk.agreed(), raft::Index(32));
  EXPECT_FALSE(members_[0]->desk.odd());
  EXPECT_TRUE(members_[2]->desk.odd());
  ASSERT_EQ(members_[2]->office.proposed.size(), 1U);
  EXPECT_EQ(std::get<AlarmOp>(members_[2]->office.proposed[0]).alarm.type, AlarmType::kCorrupt);
}

TEST_F(DivergenceDeskTest, HashesOfUnlikeDefinitionsAreNotCompared) {
  add(kTheirs, 1);
  add(kTheirs, 1);
  add(kAnother, 2);
  talk();
  for (const auto& member : members_) {
    EXPECT_FALSE(member->desk.odd());
    EXPECT_TRUE(member->office.proposed.empty());
    EXPECT_TRUE(member->office.lines.empty());
  }
  EXPECT_EQ(members_[0]->desk.agreed(), raft::Index(32)) << "the two are a majority";
  EXPECT_EQ(members_[2]->desk.agreed(), raft::Index(0));
}

TEST_F(DivergenceDeskTest, TheLastMemberThatIsUpgradedIsComparedAgain) {
  add(kTheirs, 2);
  add(kAnother, 2);
  add(kTheirs, 1);
  talk();
  EXPECT_FALSE(members_[1]->desk.odd());
  members_[2] = std::make_unique<One>(3, kTheirs, 2);
  talk();
  EXPECT_TRUE(members_[1]->desk.odd());
}

/// What members of the first release tell, byte by byte.
TEST_F(DivergenceDeskTest, NotesOfTheFirstReleaseAreOfVersion1) {
  const std::string body("\x07\0\0\0\0\0\0\0\x01\x20\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0", 25);
  One same(3, kAnother, 1);
  hear_two(same, body);
  EXPECT_TRUE(same.desk.odd());
  One newer(3, kAnother, 2);
  hear_two(newer, body);
  EXPECT_FALSE(newer.desk.odd());
}

}  // namespace
}  // namespace kv
