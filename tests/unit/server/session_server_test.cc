// Writes in sessions through whole members.
#include <gtest/gtest.h>

#include "tests/unit/server/members_fixture.h"

namespace kv {
namespace {

using testing::TestMember;
using testing::WriteAnswer;

class SessionServer : public testing::Members {
 protected:
  /// All members must have told that they know sessions.
  void start_knowing(std::size_t members) {
    start(members);
    leader();
    const auto deadline = std::chrono::steady_clock::now() + testing::kPatience;
    const auto knows = [](const auto& member) {
      return member->server->status().command_version >= kSessionsVersion;
    };
    while (!std::ranges::all_of(members_, knows) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
  }
  static PutOp put() { return {.key = "k", .value = "v", .prev_kv = true}; }
  static SessionTag tag(std::uint64_t sequence) {
    return {.session = {.birth = 1, .nonce = 7}, .sequence = sequence};
  }
};

TEST_F(SessionServer, ARetryAtAnotherMemberGetsTheFirstAnswer) {
  start_knowing(3);
  const WriteAnswer first = members_[0]->write_once(tag(1), put());
  ASSERT_TRUE(first && first->result);
  for (const auto& member : members_) {
    const WriteAnswer again = member->write_once(tag(1), put());
    ASSERT_TRUE(again && again->result);
    EXPECT_EQ(again->revision, first->revision);
    EXPECT_EQ(std::get<PutResult>(*again->result).previous, std::nullopt);
  }
  const WriteAnswer second = members_[1]->write_once(tag(2), put());
  EXPECT_EQ(std::get<PutResult>(*second->result).previous->version, 1);
}

TEST_F(SessionServer, OverTheQuotaTheLogDecides) {
  start_knowing(1);
  const WriteAnswer first = members_[0]->write_once(tag(1), put());
  members_[0]->stop();
  members_[0]->options_.quota_bytes = 1;
  members_[0]->start();
  TestMember& member = leader();
  const WriteAnswer again = member.write_once(tag(1), put());
  ASSERT_TRUE(again && again->result) << "it was made when there was room";
  EXPECT_EQ(again->revision, first->revision);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const WriteAnswer full = member.write_once(tag(2), put());
    ASSERT_TRUE(full);
    ASSERT_FALSE(full->result);
    EXPECT_EQ(full->result.error(), KvError::kNoSpace);
  }
  EXPECT_EQ(member.server->alarms().size(), 1U);
}

TEST_F(SessionServer, NothingIsProposedWhereNotEveryMemberKnowsSessions) {
  members_.push_back(std::make_unique<TestMember>(network_, 1, 1));
  members_[0]->options_.known_version = kSessionsVersion - 1;
  members_[0]->start();
  const WriteAnswer refused = leader().write_once(tag(1), put());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error, ServerError::kNotCapable);
  EXPECT_EQ(refused.error().stage, Stage::kQueued);
}

}  // namespace
}  // namespace kv
