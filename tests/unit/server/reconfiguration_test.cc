#include "libkv/server/reconfiguration.h"

#include <gtest/gtest.h>

#include "libkv/server/reach_table.h"

namespace kv {
namespace {

using namespace std::chrono_literals;
using raft::NodeId;
using Members = std::vector<MemberInfo>;

MemberInfo started(std::uint64_t id) {
  return {.id = NodeId(id), .name = "n"};
}
MemberInfo unstarted(std::uint64_t id) {
  return {.id = NodeId(id)};
}
MemberInfo learner(std::uint64_t id, const std::string& name = "l") {
  return {.id = NodeId(id), .name = name, .learner = true};
}

AddMemberOp adding(bool as_learner = false) {
  return {.member = {.id = NodeId(99), .learner = as_learner}};
}

/// Everyone is active but those in `away` and in `fresh`.
ReachOf reach_but(std::vector<std::uint64_t> away, std::vector<std::uint64_t> fresh = {}) {
  return [=](NodeId id) {
    if (std::count(away.begin(), away.end(), id.value()) != 0) return Reach::kAway;
    if (std::count(fresh.begin(), fresh.end(), id.value()) != 0) return Reach::kFresh;
    return Reach::kActive;
  };
}

const ReachOf kAll = reach_but({});

TEST(Reconfiguration, OneMayBecomeTwo) {
  EXPECT_EQ(refuse_change({started(1)}, adding(), kAll), std::nullopt);
}

TEST(Reconfiguration, AVoterIsAddedWhenThoseThatStartedAreAMajorityWithIt) {
  EXPECT_EQ(refuse_change({started(1), unstarted(2)}, adding(), kAll), ServerError::kNotEnoughStarted);
  EXPECT_EQ(refuse_change({started(1), started(2)}, adding(), kAll), std::nullopt);
  EXPECT_EQ(refuse_change({started(1), started(2), unstarted(3)}, adding(), kAll),
            ServerError::kNotEnoughStarted);
  EXPECT_EQ(refuse_change({started(1), started(2), learner(3)}, adding(), kAll), std::nullopt)
      << "learners do not count";
}

TEST(Reconfiguration, NothingIsAddedWhileTooFewAreActive) {
  const Members three = {started(1), started(2), started(3)};
  EXPECT_EQ(refuse_change(three, adding(), reach_but({3})), ServerError::kUnhealthy) << "3 of 4 are needed";
  EXPECT_EQ(refuse_change(three, adding(), reach_but({}, {3})), ServerError::kUnhealthy)
      << "connected a moment ago is not enough";
  EXPECT_EQ(refuse_change(three, adding(true), reach_but({3})), ServerError::kUnhealthy);
  EXPECT_EQ(refuse_change({started(1), started(2), started(3), started(4)}, adding(), reach_but({4})),
            std::nullopt);
}

TEST(Reconfiguration, ALearnerIsAddedWhoeverHasStarted) {
  EXPECT_EQ(refuse_change({started(1), unstarted(2)}, adding(true), kAll), std::nullopt);
  AddMemberOp replacing = adding();
  replacing.member.replaces = NodeId(2);
  EXPECT_EQ(refuse_change({started(1), unstarted(2)}, replacing, kAll), std::nullopt)
      << "whoever replaces another learns first";
}

TEST(Reconfiguration, WhoIsAwayMayBeReplaced) {
  const Members three = {started(1), started(2), started(3)};
  AddMemberOp replacing = adding();
  replacing.member.replaces = NodeId(3);
  EXPECT_EQ(refuse_change(three, replacing, reach_but({3})), std::nullopt);
  EXPECT_EQ(refuse_change(three, replacing, reach_but({2, 3})), ServerError::kUnhealthy);
}

TEST(Reconfiguration, TheLastVoterStays) {
  EXPECT_EQ(refuse_change({started(1)}, RemoveMemberOp{NodeId(1)}, kAll), ServerError::kNotEnoughStarted);
  EXPECT_EQ(refuse_change({started(1), learner(2)}, RemoveMemberOp{NodeId(1)}, kAll),
            ServerError::kNotEnoughStarted);
}

TEST(Reconfiguration, AVoterLeavesWhenAMajorityOfTheRestHasStarted) {
  const Members members = {started(1), unstarted(2), unstarted(3)};
  EXPECT_EQ(refuse_change(members, RemoveMemberOp{NodeId(1)}, kAll), ServerError::kNotEnoughStarted);
  EXPECT_EQ(refuse_change(members, RemoveMemberOp{NodeId(2)}, reach_but({2, 3})),
            ServerError::kNotEnoughStarted);
  EXPECT_EQ(refuse_change({started(1), started(2), unstarted(3)}, RemoveMemberOp{NodeId(3)}, reach_but({3})),
            std::nullopt);
}

TEST(Reconfiguration, AnActiveVoterLeavesWhenTheOtherActiveOnesAreAMajority) {
  const Members three = {started(1), started(2), started(3)};
  EXPECT_EQ(refuse_change(three, RemoveMemberOp{NodeId(2)}, reach_but({3})), ServerError::kUnhealthy);
  EXPECT_EQ(refuse_change(three, RemoveMemberOp{NodeId(3)}, reach_but({3})), std::nullopt)
      << "who is away decides nothing";
  EXPECT_EQ(refuse_change(three, RemoveMemberOp{NodeId(2)}, kAll), std::nullopt);
}

TEST(Reconfiguration, ALearnerMayAlwaysLeave) {
  EXPECT_EQ(
      refuse_change({started(1), unstarted(2), learner(3)}, RemoveMemberOp{NodeId(3)}, reach_but({1, 2, 3})),
      std::nullopt);
}

TEST(Reconfiguration, WhatTheTableRefusesIsLeftToIt) {
  EXPECT_EQ(refuse_change({started(1)}, RemoveMemberOp{NodeId(9)}, reach_but({9})), std::nullopt);
  EXPECT_EQ(refuse_change({started(1)}, PromoteMemberOp{NodeId(9)}, reach_but({9})), std::nullopt);
  EXPECT_EQ(refuse_change({started(1)}, PromoteMemberOp{NodeId(1)}, kAll), std::nullopt);
  EXPECT_EQ(refuse_change({unstarted(1)}, UpdateMemberOp{NodeId(1), {}}, reach_but({1})), std::nullopt);
}

TEST(Reconfiguration, APromotionNeedsALearnerThatHasStartedAndAMajorityThatHas) {
  EXPECT_EQ(refuse_change({started(1), learner(2)}, PromoteMemberOp{NodeId(2)}, kAll), std::nullopt);
  EXPECT_EQ(refuse_change({started(1), learner(2, "")}, PromoteMemberOp{NodeId(2)}, kAll),
            ServerError::kLearnerNotReady);
  EXPECT_EQ(refuse_change({started(1), unstarted(2)}, PromoteMemberOp{NodeId(2)}, kAll),
            ServerError::kLearnerNotReady);
  EXPECT_EQ(refuse_change({started(1), unstarted(3), unstarted(4), unstarted(5), learner(2)},
                          PromoteMemberOp{NodeId(2)}, kAll),
            ServerError::kNotEnoughStarted);
}

TEST(Reconfiguration, OnlyLearnersArePromotedAndOnlyOthersLead) {
  const Members members = {started(1), learner(2)};
  EXPECT_EQ(learner_to_promote(members, PromoteMemberOp{NodeId(1)}), std::nullopt);
  EXPECT_EQ(learner_to_promote(members, PromoteMemberOp{NodeId(2)}), NodeId(2));
  EXPECT_EQ(learner_to_promote(members, PromoteMemberOp{NodeId(3)}), std::nullopt);
  EXPECT_EQ(learner_to_promote(members, RemoveMemberOp{NodeId(2)}), std::nullopt);
  EXPECT_TRUE(may_lead(members, NodeId(1)));
  EXPECT_FALSE(may_lead(members, NodeId(2)));
  EXPECT_FALSE(may_lead(members, NodeId(3)));
}

TEST(ReachTable, CountsFromTheLookThatFoundTheConnection) {
  ReachTable table{NodeId(1)};
  const Members members = {started(1), started(2), started(3)};
  const ReachTable::Clock::time_point start{1000s};
  const auto only = [](std::uint64_t id) { return [id](NodeId other) { return other == NodeId(id); }; };
  EXPECT_EQ(table.reach(start, NodeId(1)), Reach::kActive) << "oneself";
  EXPECT_EQ(table.reach(start, NodeId(2)), Reach::kAway);
  table.look(start, members, only(2));
  table.look(start + 1s, members, only(2));
  EXPECT_EQ(table.reach(start + 4999ms, NodeId(2)), Reach::kFresh);
  EXPECT_EQ(table.reach(start + 5s, NodeId(2)), Reach::kActive);
  EXPECT_EQ(table.reach(start + 5s, NodeId(3)), Reach::kAway);
  table.look(start + 6s, members, only(3));
  EXPECT_EQ(table.reach(start + 20s, NodeId(2)), Reach::kAway);
  table.look(start + 7s, members, only(2));
  EXPECT_EQ(table.reach(start + 8s, NodeId(2)), Reach::kFresh) << "it begins again";
  table.look(start + 9s, {started(1)}, only(2));
  EXPECT_EQ(table.reach(start + 20s, NodeId(2)), Reach::kAway) << "who is no member is forgotten";
}

}  // namespace
}  // namespace kv
