#include "libkv/machine/members.h"

#include <gtest/gtest.h>

#include <map>

#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"
#include "tests/unit/machine/machine_fixture.h"

namespace kv {
namespace {

using raft::Membership;
using raft::NodeId;
using Ids = std::vector<NodeId>;

constexpr NodeId kA{1};
constexpr NodeId kB{2};
constexpr NodeId kC{3};
constexpr NodeId kD{4};
constexpr NodeId kE{5};

std::string url(NodeId id) {
  return "http://h" + std::to_string(id.value()) + ":2380";
}

MemberInfo voter(NodeId id) {
  return {.id = id, .name = "n" + std::to_string(id.value()), .peer_urls = {url(id)}};
}

AddMemberOp joining(NodeId id) {
  return {.member = {.id = id, .peer_urls = {url(id)}}};
}

AddMemberOp learning(NodeId id) {
  AddMemberOp op = joining(id);
  op.member.learner = true;
  return op;
}

AddMemberOp self_promoting(NodeId id) {
  AddMemberOp op = learning(id);
  op.member.promote_when_caught_up = true;
  return op;
}

AddMemberOp replacing(NodeId id, NodeId outgoing) {
  AddMemberOp op = joining(id);
  op.member.replaces = outgoing;
  return op;
}

std::optional<KvError> refusal(const std::expected<MemberInfo, KvError>& changed) {
  return changed ? std::nullopt : std::optional(changed.error());
}

/// Three voters: A, B and C.
class MembersTest : public ::testing::Test {
 protected:
  [[nodiscard]] Ids ids() const {
    Ids found;
    for (const MemberInfo& member : table_.list()) found.push_back(member.id);
    return found;
  }

  /// The table that its rows make again, when every row since the beginning was kept.
  MemberTable reread() {
    for (auto& [key, value] : table_.take_changed_rows()) rows_[key] = value;
    auto table = MemberTable::from_rows({rows_.begin(), rows_.end()});
    EXPECT_TRUE(table.has_value());
    return std::move(*table);
  }

  void SetUp() override {
    for (const MemberInfo& member : table_.list()) rows_.insert(member_row(member));
  }

  /// After each test the rows must say what the table says.
  void TearDown() override {
    const MemberTable again = reread();
    EXPECT_EQ(again.list(), table_.list());
    EXPECT_EQ(again.removed(), table_.removed());
  }

  MemberTable table_{{voter(kC), voter(kA), voter(kB)}};
  std::map<std::string, std::string> rows_;
};

TEST_F(MembersTest, AreSortedByIdAndAllOfThemVote) {
  EXPECT_EQ(ids(), (Ids{kA, kB, kC}));
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kB, kC}}));
}

TEST_F(MembersTest, AnAddedMemberIsWantedAsAVoter) {
  const auto added = table_.add(joining(kE));
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->id, kE);
  EXPECT_FALSE(added->learner);
  EXPECT_TRUE(table_.add(joining(kD)).has_value());
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kD, kE}));
  EXPECT_EQ(table_.target().voters, (Ids{kA, kB, kC, kD, kE}));
}

TEST_F(MembersTest, AddRefusesAKnownIdBeforeAKnownUrl) {
  EXPECT_EQ(refusal(table_.add(joining(kA))), KvError::kMemberExists);
  AddMemberOp same_url = joining(kD);
  same_url.member.peer_urls.push_back(url(kB));
  EXPECT_EQ(refusal(table_.add(same_url)), KvError::kPeerUrlExists);
  EXPECT_EQ(ids(), (Ids{kA, kB, kC}));
}

TEST_F(MembersTest, AddRefusesAKnownUrlBeforeTooManyLearners) {
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  AddMemberOp same_url = learning(kE);
  same_url.member.peer_urls = {url(kD)};
  EXPECT_EQ(refusal(table_.add(same_url)), KvError::kPeerUrlExists);
  EXPECT_EQ(refusal(table_.add(learning(kE))), KvError::kTooManyLearners);
}

TEST_F(MembersTest, LearnersThatStayLearnersAreLimited) {
  ASSERT_TRUE(table_.add(self_promoting(NodeId(10))).has_value());
  ASSERT_TRUE(table_.add(learning(kD)).has_value()) << "one that promotes itself does not count";
  EXPECT_EQ(refusal(table_.add(learning(kE))), KvError::kTooManyLearners);
  ASSERT_TRUE(table_.add(self_promoting(kE)).has_value());
  AddMemberOp more = learning(NodeId(11));
  more.learners_max = 2;
  EXPECT_TRUE(table_.add(more).has_value()) << "the limit travels with the command";
  EXPECT_EQ(table_.target(),
            (raft::MembershipTarget{.voters = {kA, kB, kC, kE, NodeId(10)}, .learners = {kD, NodeId(11)}}));
}

TEST_F(MembersTest, ThereIsALimitToAllMembers) {
  for (std::uint64_t id = 100; table_.list().size() < raft::kMembersMax; ++id) {
    ASSERT_TRUE(table_.add(joining(NodeId(id))).has_value());
  }
  EXPECT_EQ(refusal(table_.add(joining(kD))), KvError::kTooManyMembers);
}

TEST_F(MembersTest, ARemovedIdIsRefusedForEver) {
  const auto removed = table_.remove({kB});
  ASSERT_TRUE(removed.has_value());
  EXPECT_EQ(*removed, voter(kB));
  EXPECT_EQ(ids(), (Ids{kA, kC}));
  EXPECT_EQ(table_.target().voters, (Ids{kA, kC}));
  EXPECT_EQ(refusal(table_.add(joining(kB))), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.remove({kB})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.update({kB, {url(kE)}})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.promote({kB})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(reread().add(joining(kB))), KvError::kMemberNotFound) << "also after a restart";
  AddMemberOp other = joining(kD);
  other.member.peer_urls = {url(kB)};
  EXPECT_TRUE(table_.add(other).has_value()) << "its URLs are free again";
}

TEST_F(MembersTest, TheLastVoterCannotBeRemoved) {
  ASSERT_TRUE(table_.remove({kB}).has_value());
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  ASSERT_TRUE(table_.add(self_promoting(kE)).has_value());
  ASSERT_TRUE(table_.remove({kA}).has_value());
  EXPECT_EQ(refusal(table_.remove({kC})), KvError::kNotEnoughStarted)
      << "who is going to vote cannot do so yet";
  ASSERT_TRUE(table_.remove({kD}).has_value());
  table_.configured({.voters = {kC, kE}, .outgoing = {}, .learners = {}});
  EXPECT_TRUE(table_.remove({kC}).has_value());
}

TEST_F(MembersTest, UnknownMembersAreNotFound) {
  EXPECT_EQ(refusal(table_.remove({kE})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.update({kE, {url(kA)}})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.promote({kE})), KvError::kMemberNotFound);
  EXPECT_EQ(refusal(table_.add(replacing(kD, kE))), KvError::kMemberNotFound);
  table_.publish({kE, "e", {"http://c"}});
  EXPECT_EQ(ids(), (Ids{kA, kB, kC}));
}

TEST_F(MembersTest, AnUpdateChangesThePeerUrlsAlone) {
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  table_.publish({kD, "d", {"http://c"}});
  const auto updated = table_.update({kD, {url(kE), url(kD)}});
  ASSERT_TRUE(updated.has_value());
  EXPECT_EQ(*updated, (MemberInfo{.id = kD,
                                  .name = "d",
                                  .peer_urls = {url(kE), url(kD)},
                                  .client_urls = {"http://c"},
                                  .learner = true}));
  EXPECT_EQ(*table_.find(kD), *updated);
  EXPECT_EQ(refusal(table_.update({kD, {url(kA)}})), KvError::kPeerUrlExists);
}

TEST_F(MembersTest, OnlyLearnersArePromoted) {
  EXPECT_EQ(refusal(table_.promote({kA})), KvError::kNotLearner);
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  const auto promoted = table_.promote({kD});
  ASSERT_TRUE(promoted.has_value());
  EXPECT_FALSE(promoted->learner);
  EXPECT_EQ(table_.target().voters, (Ids{kA, kB, kC, kD}));
  EXPECT_EQ(refusal(table_.promote({kD})), KvError::kNotLearner);
}

TEST_F(MembersTest, ALearnerThatPromotesItselfIsOneUntilItVotes) {
  ASSERT_TRUE(table_.add(self_promoting(kD)).has_value());
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kB, kC, kD}}));
  table_.configured({.voters = {kA, kB, kC}, .outgoing = {}, .learners = {kD}});
  EXPECT_TRUE(table_.find(kD)->learner);
  table_.configured({.voters = {kA, kB, kC, kD}, .outgoing = {kA, kB, kC}, .learners = {}});
  EXPECT_EQ(table_.find(kD)->learner, false);
  EXPECT_EQ(table_.find(kD)->promote_when_caught_up, false);
}

TEST_F(MembersTest, ALearnerStaysOneWhateverTheConfigurationSays) {
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  table_.configured({.voters = {kA, kB, kC, kD}, .outgoing = {}, .learners = {}});
  EXPECT_TRUE(table_.find(kD)->learner);
}

TEST_F(MembersTest, AReplacedMemberLeavesWhenItsSuccessorVotesAndItDoesNot) {
  const auto added = table_.add(replacing(kD, kB));
  ASSERT_TRUE(added.has_value());
  EXPECT_TRUE(added->learner);
  EXPECT_TRUE(added->promote_when_caught_up);
  EXPECT_EQ(table_.target(),
            (raft::MembershipTarget{.voters = {kA, kC, kD}, .learners = {}, .replacements = {{kD, kB}}}));
  table_.configured({.voters = {kA, kB, kC}, .outgoing = {}, .learners = {kD}});
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kD}));
  table_.configured({.voters = {kA, kC, kD}, .outgoing = {kA, kB, kC}, .learners = {}});
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kD})) << "it still has a say in the joint configuration";
  EXPECT_FALSE(table_.find(kD)->learner);
  table_.configured({.voters = {kA, kC, kD}, .outgoing = {}, .learners = {}});
  EXPECT_EQ(ids(), (Ids{kA, kC, kD}));
  EXPECT_EQ(table_.find(kD)->replaces, std::nullopt);
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kC, kD}}));
  EXPECT_EQ(refusal(table_.add(joining(kB))), KvError::kMemberNotFound);
}

TEST_F(MembersTest, AReplacedMemberThatNeverGotInLeavesWithItsSuccessorsVoteOnly) {
  ASSERT_TRUE(table_.add(joining(kD)).has_value());
  ASSERT_TRUE(table_.add(replacing(kE, kD)).has_value());
  table_.configured({.voters = {kA, kB, kC}, .outgoing = {}, .learners = {kE}});
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kD, kE}));
  table_.configured({.voters = {kA, kB, kC, kE}, .outgoing = {}, .learners = {}});
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kE}));
}

TEST_F(MembersTest, AMemberIsReplacedOnce) {
  ASSERT_TRUE(table_.add(replacing(kD, kB)).has_value());
  EXPECT_EQ(refusal(table_.add(replacing(kE, kB))), KvError::kBeingReplaced);
  EXPECT_TRUE(table_.add(replacing(kE, kC)).has_value()) << "two at a time are fine";
  EXPECT_EQ(table_.target().replacements, (std::vector<std::pair<NodeId, NodeId>>{{kD, kB}, {kE, kC}}));
}

TEST_F(MembersTest, WithoutItsSuccessorAReplacedMemberStays) {
  ASSERT_TRUE(table_.add(replacing(kD, kB)).has_value());
  ASSERT_TRUE(table_.remove({kD}).has_value());
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kB, kC}}));
}

TEST_F(MembersTest, ARemovedMemberIsNotReplacedAnyMore) {
  ASSERT_TRUE(table_.add(replacing(kD, kB)).has_value());
  ASSERT_TRUE(table_.remove({kB}).has_value());
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kC, kD}}));
  table_.configured({.voters = {kA, kC, kD}, .outgoing = {}, .learners = {}});
  EXPECT_EQ(ids(), (Ids{kA, kC, kD}));
}

TEST_F(MembersTest, ALearnerHasNoVoteToKeepAndIsReplacedAtOnce) {
  ASSERT_TRUE(table_.add(learning(kD)).has_value());
  const auto added = table_.add(replacing(kE, kD));
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kE}));
  EXPECT_EQ(table_.target(), (raft::MembershipTarget{.voters = {kA, kB, kC}, .learners = {kE}}));
}

TEST_F(MembersTest, ASuccessorThatDoesNotVoteYetIsReplacedWithItsTask) {
  ASSERT_TRUE(table_.add(replacing(kD, kB)).has_value());
  ASSERT_TRUE(table_.add(replacing(kE, kD)).has_value());
  EXPECT_EQ(ids(), (Ids{kA, kB, kC, kE}));
  EXPECT_EQ(table_.target(),
            (raft::MembershipTarget{.voters = {kA, kC, kE}, .learners = {}, .replacements = {{kE, kB}}}));
}

TEST_F(MembersTest, ASuccessorMayHaveTheUrlsOfTheOneItReplaces) {
  AddMemberOp op = replacing(kD, kB);
  op.member.peer_urls = {url(kB)};
  ASSERT_TRUE(table_.add(op).has_value());
  EXPECT_TRUE(table_.update({kB, {url(kB)}}).has_value());
  op = replacing(kE, kC);
  op.member.peer_urls = {url(kB)};
  EXPECT_EQ(refusal(table_.add(op)), KvError::kPeerUrlExists);
}

TEST_F(MembersTest, RowsAreGivenOnce) {
  table_.publish({kA, "a", {"http://c"}});
  table_.publish({kA, "b", {"http://c"}});
  const auto rows = table_.take_changed_rows();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(decode_member(rows[0].first, rows[0].second)->member.name, "b");
  EXPECT_TRUE(table_.take_changed_rows().empty());
  rows_[rows[0].first] = rows[0].second;
}

TEST(MemberRows, OnlyRowsThatNeedItAreOfTheSecondVersion) {
  MemberInfo member = voter(kA);
  member.learner = true;
  EXPECT_EQ(member_row(member).second[0], 1);
  member.promote_when_caught_up = true;
  EXPECT_EQ(member_row(member).second[0], 2);
  member.replaces = kB;
  const auto [key, value] = member_row(member);
  const auto decoded = decode_member(key, value);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->member, member);
  EXPECT_FALSE(decoded->removed);
  EXPECT_EQ(removed_row(kA).second[0], 2);
}

/// A row of `body` with its checksum.
Row sealed(NodeId id, std::string body) {
  raft::ByteWriter(body).u64(raft::checksum(body, id.value()));
  return {member_row(voter(id)).first, body};
}

TEST(MemberRows, WhatANewerVersionWroteIsRefused) {
  for (const std::string& head :
       {std::string("\x03\x00", 2), std::string("\x02\x10", 2), std::string("\x01\x02", 2)}) {
    const auto [key, value] = sealed(kA, head + std::string("\x01x\x00\x00", 4));
    const auto decoded = decode_member(key, value);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, raft::ErrorCode::kMismatch);
  }
}

TEST(MemberRows, EveryFlippedBitAndEveryCutIsCorruption) {
  MemberInfo member = voter(kA);
  member.learner = member.promote_when_caught_up = true;
  member.replaces = kB;
  const auto [key, value] = member_row(member);
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string bad = value;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(decode_member(key, bad).has_value()) << bit;
  }
  for (std::size_t size = 0; size < value.size(); ++size) {
    ASSERT_FALSE(decode_member(key, value.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_member(member_row(voter(kB)).first, value).has_value()) << "it is another's row";
}

class MachineMembers : public MachineTest {
 protected:
  void SetUp() override {
    options_.members = {voter(kA), voter(kB)};
    MachineTest::SetUp();
  }

  void configure(const Membership& membership) {
    raft::Entry entry = next_entry(raft::encode_membership(membership));
    entry.type = raft::EntryType::kConfiguration;
    ASSERT_TRUE(machine_->apply({&entry, 1}).has_value());
  }
};

TEST_F(MachineMembers, AnOutcomeHoldsAllMembersAndTheOneItIsAbout) {
  const Outcome outcome = apply(joining(kD));
  ASSERT_TRUE(outcome.result.has_value());
  const auto& result = std::get<MembersResult>(*outcome.result);
  EXPECT_EQ(result.member, joining(kD).member);
  EXPECT_EQ(result.members, machine_->members());
  EXPECT_EQ(result.members.size(), 3U);
  EXPECT_EQ(refusal_of(joining(kD)), KvError::kMemberExists);
  EXPECT_EQ(refusal_of(PromoteMemberOp{kD}), KvError::kNotLearner);
  EXPECT_EQ(refusal_of(UpdateMemberOp{kC, {"http://x"}}), KvError::kMemberNotFound);
}

TEST_F(MachineMembers, WhoIsRemovedIsSoOnceTheConfigurationIsWithoutIt) {
  configure({.voters = {kA, kB}, .outgoing = {}, .learners = {}});
  revision_of(RemoveMemberOp{kB});
  configure({.voters = {kA}, .outgoing = {kA, kB}, .learners = {}});
  EXPECT_FALSE(machine_->was_removed(kB)) << "the others may need its vote";
  configure({.voters = {kA}, .outgoing = {}, .learners = {}});
  EXPECT_TRUE(machine_->was_removed(kB));
}

TEST_F(MachineMembers, ChangesSurviveARestart) {
  revision_of(replacing(kD, kB));
  revision_of(UpdateMemberOp{kA, {"http://x"}});
  configure({.voters = {kA, kD}, .outgoing = {kA, kB}, .learners = {}});
  reopen();
  EXPECT_EQ(machine_->membership_target(),
            (raft::MembershipTarget{.voters = {kA, kD}, .learners = {}, .replacements = {{kD, kB}}}));
  configure({.voters = {kA, kD}, .outgoing = {}, .learners = {}});
  EXPECT_TRUE(machine_->was_removed(kB));
  reopen();
  ASSERT_EQ(machine_->members().size(), 2U);
  EXPECT_EQ(machine_->members()[0].peer_urls, (std::vector<std::string>{"http://x"}));
  EXPECT_EQ(machine_->members()[1].id, kD);
  EXPECT_TRUE(machine_->was_removed(kB));
  EXPECT_FALSE(machine_->was_removed(kD));
  EXPECT_EQ(refusal_of(joining(kB)), KvError::kMemberNotFound);
}

}  // namespace
}  // namespace kv
