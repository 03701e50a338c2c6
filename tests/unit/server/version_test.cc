#include <gtest/gtest.h>

#include "libkv/server/version_desk.h"
#include "tests/unit/server/fake_office.h"
#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using testing::kPatience;
using testing::TestMember;

const std::vector<MemberInfo> kTwo{{.id = raft::NodeId(1)}, {.id = raft::NodeId(2), .name = "two"}};
constexpr VersionDesk::Time kNow{std::chrono::seconds(100)};

std::string version_note(std::uint32_t knows, std::uint32_t cluster) {
  return encode_note(
      {.kind = NoteKind::kVersion, .body = encode_version_note({.knows = knows, .cluster = cluster})});
}

/// Member 1, which knows version 5 in a cluster of version 1.
class VersionDeskTest : public ::testing::Test {
 protected:
  testing::FakeOffice office_{raft::NodeId(1)};
  VersionDesk desk_{5, office_, [] { return 1U; }};
};

TEST_F(VersionDeskTest, RaisesToWhatAllMembersKnow) {
  EXPECT_FALSE(desk_.due(kNow, kTwo, 1)) << "of one that has not told";
  desk_.heard(kNow, raft::NodeId(2), {.knows = 3, .cluster = 1});
  const RaiseVersionOp expected{.version = 3, .members = {raft::NodeId(1), raft::NodeId(2)}};
  EXPECT_EQ(desk_.due(kNow, kTwo, 1), expected);
  EXPECT_FALSE(desk_.due(kNow, kTwo, 3)) << "it is there already";
}

TEST_F(VersionDeskTest, ForgetsWhoHasNotToldForAWhile) {
  desk_.heard(kNow, raft::NodeId(2), {.knows = 3, .cluster = 1});
  EXPECT_TRUE(desk_.due(kNow + kToldFor, kTwo, 1));
  EXPECT_FALSE(desk_.due(kNow + kToldFor + kTellPause, kTwo, 1));
}

TEST_F(VersionDeskTest, NamesThoseThatDoNotKnow) {
  EXPECT_EQ(desk_.lacking(kNow, kTwo, 5), "member 2 (two) has not told what it knows");
  desk_.heard(kNow, raft::NodeId(2), {.knows = 3, .cluster = 1});
  EXPECT_EQ(desk_.lacking(kNow, kTwo, 5), "member 2 (two) knows version 3");
}

TEST_F(VersionDeskTest, AMemberTellsAtOnceWhenALeaderIsFoundAndThenNowAndThen) {
  office_.table = kTwo;
  desk_.ticked(kNow);
  EXPECT_EQ(office_.sent.size(), 1U);
  desk_.ticked(kNow + kTellPause / 2);
  EXPECT_EQ(office_.sent.size(), 1U);
  raft::CoreStatus status;
  status.leader = raft::NodeId(2);
  desk_.status_changed(status);
  desk_.ticked(kNow + kTellPause / 2);
  ASSERT_EQ(office_.sent.size(), 2U);
  EXPECT_EQ(office_.sent[1], std::pair(raft::NodeId(2), version_note(5, 1)));
  status.leader.reset();
  desk_.status_changed(status);
  desk_.ticked(kNow + kTellPause);
  EXPECT_EQ(office_.sent.size(), 2U) << "nobody waits for it";
  desk_.ticked(kNow + kTellPause * 3 / 2);
  EXPECT_EQ(office_.sent.size(), 3U);
}

TEST_F(VersionDeskTest, ALeaderRaisesTheVersionAtTheTickAfterTheLastWord) {
  office_.table = kTwo;
  office_.leading = true;
  const auto now = VersionDesk::Clock::now();
  desk_.ticked(now);
  EXPECT_TRUE(office_.proposed.empty());
  const std::string body = encode_version_note({.knows = 3, .cluster = 1});
  desk_.received(raft::NodeId(2), {.kind = NoteKind::kVersion, .body = body});
  desk_.ticked(now + kTellPause / 4);
  ASSERT_EQ(office_.proposed.size(), 1U);
  EXPECT_EQ(std::get<RaiseVersionOp>(office_.proposed[0]).version, 3U);
  desk_.received(raft::NodeId(2), {.kind = NoteKind::kVersion, .body = body});
  desk_.ticked(now + kTellPause / 2);
  EXPECT_EQ(office_.proposed.size(), 1U) << "it is not applied yet";
  desk_.ticked(now + kTellPause * 3 / 2);
  EXPECT_EQ(office_.proposed.size(), 2U) << "it may have been lost";
}

TEST(VersionNote, TheWorkedExampleOfTheFormatIsTrueAndNothingElseIsRead) {
  const VersionNote note{.knows = 2, .cluster = 1};
  const auto read = [](const std::string& bytes) { return decode_version_note(*decode_note(bytes)); };
  const std::string bytes = version_note(2, 1);
  EXPECT_EQ(bytes, std::string("\x01\x03\x02\x00\x00\x00\x01\x00\x00\x00", 10));
  EXPECT_EQ(read(bytes), note);
  EXPECT_FALSE(read(bytes + "x"));
  EXPECT_FALSE(read("\x01\x83" + bytes.substr(2))) << "an answer to what nobody asks";
  for (std::size_t size = 2; size < bytes.size(); ++size) EXPECT_FALSE(read(bytes.substr(0, size)));
}

/// Puts stand for a command of version 2.
class Versions : public testing::Members {
 protected:
  void start_with(const std::vector<std::uint32_t>& known) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      members_.push_back(std::make_unique<TestMember>(network_, i + 1, known.size()));
      members_.back()->options_.known_version = known[i];
      members_.back()->options_.required_version = [](const Operation& operation) {
        return std::holds_alternative<PutOp>(operation) ? 2U : kBaseVersion;
      };
    }
    for (auto& member : members_) member->start();
  }
  static bool reaches(const TestMember& member, std::uint32_t version) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (member.server->status().command_version != version) {
      if (std::chrono::steady_clock::now() >= until) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

TEST_F(Versions, ACommandIsProposedOnceAllMembersKnowIt) {
  start_with({2, 1, 2});
  const auto refused = leader().write(PutOp{.key = "k", .value = "v"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error, ServerError::kNotCapable);
  EXPECT_EQ(refused.error().stage, Stage::kQueued);
  EXPECT_NE(refused.error().detail.find("it needs version 2, the cluster has 1: "), std::string::npos);
  EXPECT_NE(refused.error().detail.find("member 2 "), std::string::npos) << refused.error().detail;
  members_[1]->stop();
  members_[1]->options_.known_version = 3;
  members_[1]->start();
  for (auto& member : members_) ASSERT_TRUE(reaches(*member, 2));
  for (auto& member : members_) EXPECT_TRUE(member->write(PutOp{.key = "k", .value = "v"}));
}

TEST_F(Versions, AMemberThatHearsOfCommandsItDoesNotKnowStops) {
  start_with({2});
  std::vector<raft::Message> messages;
  messages.emplace_back(raft::ServiceNote{.term = raft::Term(1),
                                          .bytes = std::make_shared<const std::string>(version_note(3, 3))});
  members_[0]->server->receive(raft::NodeId(2), std::move(messages));
  EXPECT_TRUE(members_[0]->failed);
  EXPECT_EQ(members_[0]->failed_with, raft::ErrorCode::kMismatch);
}

}  // namespace
}  // namespace kv
