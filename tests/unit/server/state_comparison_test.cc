#include "libkv/server/state_comparison.h"

#include <gtest/gtest.h>

#include "libkv/server/point_note.h"

namespace kv {
namespace {

using raft::Index;
using raft::NodeId;
using Result = Comparison::Result;

constexpr std::uint64_t kRight = 0xaa;
constexpr std::uint64_t kWrong = 0xbb;

std::vector<MemberInfo> voters(std::uint64_t count, std::uint64_t learners = 0) {
  std::vector<MemberInfo> members;
  for (std::uint64_t id = 1; id <= count + learners; ++id) {
    members.push_back({.id = NodeId(id), .learner = id > count});
  }
  return members;
}

StatePoint at(std::uint64_t index, std::uint64_t hash) {
  return {.index = Index(index), .hash = hash};
}

/// Member 1's.
class Compare : public ::testing::Test {
 protected:
  void heard(std::uint64_t from, const StatePoint& point, std::uint64_t life = 1) {
    comparison_.heard(NodeId(from), life, {{point}});
  }
  StateComparison comparison_{NodeId(1)};
};

TEST_F(Compare, KnowsNothingBeforeAMajorityHasTold) {
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kUnknown);
  comparison_.own(at(32, kRight));
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kUnknown);
  heard(2, at(48, kWrong));
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kUnknown) << "of another entry";
  heard(2, at(32, kRight), 2);
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kAgrees);
  EXPECT_EQ(comparison_.compare(voters(1)).result, Result::kAgrees) << "alone, it is the majority";
}

TEST_F(Compare, TheOddOneKnowsThatItIs) {
  comparison_.own(at(32, kWrong));
  heard(2, at(32, kRight));
  heard(3, at(32, kRight));
  const Comparison found = comparison_.compare(voters(3));
  EXPECT_EQ(found.result, Result::kOdd);
  EXPECT_EQ(found.index, Index(32));
  EXPECT_EQ(found.own, kWrong);
  EXPECT_EQ(found.theirs, kRight);
  EXPECT_EQ(found.others, (std::vector<NodeId>{NodeId(2), NodeId(3)}));
}

TEST_F(Compare, OneOddMemberDoesNotMakeTheOthersOdd) {
  comparison_.own(at(32, kRight));
  heard(2, at(32, kWrong));
  heard(3, at(32, kRight));
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kAgrees);
}

TEST_F(Compare, TwoThatDifferAreSplit) {
  comparison_.own(at(32, kRight));
  heard(2, at(32, kWrong));
  const Comparison found = comparison_.compare(voters(2));
  EXPECT_EQ(found.result, Result::kSplit);
  EXPECT_EQ(found.theirs, kWrong);
  EXPECT_EQ(found.others, std::vector<NodeId>{NodeId(2)});
  EXPECT_EQ(comparison_.compare(voters(3)).result, Result::kSplit) << "a third may still tell";
}

TEST_F(Compare, LearnersAreJudgedAndDoNotJudge) {
  comparison_.own(at(32, kWrong));
  heard(3, at(32, kWrong));
  heard(4, at(32, kWrong));
  heard(2, at(32, kRight));
  EXPECT_EQ(comparison_.compare(voters(2, 2)).result, Result::kSplit);
  StateComparison learner{NodeId(2)};
  learner.own(at(32, kWrong));
  learner.heard(NodeId(1), 1, {{at(32, kRight)}});
  EXPECT_EQ(learner.compare(voters(1, 1)).result, Result::kOdd);
}

TEST_F(Compare, WhatAMemberToldInAnotherLifeCountsNoMore) {
  comparison_.own(at(32, kRight));
  heard(2, at(32, kWrong), 1);
  heard(2, at(64, kRight), 2);
  EXPECT_EQ(comparison_.compare(voters(2)).result, Result::kUnknown);
  comparison_.own(at(64, kRight));
  EXPECT_EQ(comparison_.compare(voters(2)).result, Result::kAgrees);
  comparison_.forget_own();
  EXPECT_EQ(comparison_.compare(voters(2)).result, Result::kUnknown);
}

TEST_F(Compare, MembersAtDifferentSpeedsHaveEntriesInCommon) {
  StateComparison slow{NodeId(2)};
  for (std::uint64_t index = kPointStride; index <= 2'000'000; index += kPointStride) {
    comparison_.own(at(index, index * 3));
    if (index <= 1'900'000) slow.own(at(index, index * 3));
  }
  const auto points = slow.to_tell();
  EXPECT_LE(points.size(), kNotePointsMax);
  comparison_.heard(NodeId(2), 1, points);
  const Comparison found = comparison_.compare(voters(2));
  EXPECT_EQ(found.result, Result::kAgrees);
  EXPECT_GT(found.index, Index(1'800'000));
}

}  // namespace
}  // namespace kv
