#include "libkv/server/lease_keeper.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kv {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Ids = std::vector<std::int64_t>;

constexpr raft::Term kTerm{4};

class Keeper : public ::testing::Test {
 protected:
  void lead(const std::vector<LeaseInfo>& leases = {}) { keeper_.lead(kTerm, now_, leases); }

  /// What is due while that time passes, looked at every 10 ms, as a raft driver does.
  Ids pass(std::chrono::nanoseconds time) {
    Ids ended;
    for (const auto end = now_ + time; now_ < end;) {
      now_ += milliseconds(10);
      const LeaseKeeper::Work work = keeper_.tick(now_);
      for (const LeaseExpireOp& op : work.expire) {
        EXPECT_EQ(op.term, kTerm);
        ended.push_back(op.lease);
        if (answers_) keeper_.ended(op.lease);
      }
      if (work.checkpoint) {
        checkpoints_.push_back(*work.checkpoint);
        if (answers_) tell(*work.checkpoint);
      }
    }
    return ended;
  }

  void tell(const LeaseCheckpointOp& op) {
    for (const LeaseRemaining& one : op.leases) keeper_.checkpointed(one);
  }
  Renewal renew(std::int64_t id) { return keeper_.renew(id, keeper_.stamp(now_), now_); }

  LeaseKeeper::Time now_{seconds(1000)};
  LeaseKeeper keeper_{LeaseKeeperOptions{.election_timeout = seconds(1)}};
  std::vector<LeaseCheckpointOp> checkpoints_;
  bool answers_ = true;
};

TEST_F(Keeper, ALeaseEndsWhenItsTimeIsOverAndNotBefore) {
  lead();
  pass(milliseconds(10));
  keeper_.granted(1, 5, now_);
  EXPECT_EQ(pass(milliseconds(4990)), Ids{});
  EXPECT_EQ(pass(milliseconds(20)), Ids{1});
}

TEST_F(Keeper, AFollowerEndsNothing) {
  keeper_.granted(1, 2, now_);
  EXPECT_EQ(pass(seconds(10)), Ids{});
  lead({{.id = 2, .ttl = 2}});
  keeper_.follow();
  EXPECT_EQ(pass(seconds(10)), Ids{});
  EXPECT_EQ(renew(2), Renewal::kNotLeading);
}

TEST_F(Keeper, ANewLeaderBeginsLeasesAnewAndAddsAnElectionTimeout) {
  lead({{.id = 1, .ttl = 5}, {.id = 2, .ttl = 600, .remaining = 2}});
  EXPECT_EQ(pass(milliseconds(2990)), Ids{});
  EXPECT_EQ(pass(milliseconds(20)), Ids{2});
  EXPECT_EQ(pass(milliseconds(2980)), Ids{});
  EXPECT_EQ(pass(milliseconds(20)), Ids{1});
}

TEST_F(Keeper, KeepingAliveCountsFromTheMomentItWasAsked) {
  lead();
  keeper_.granted(1, 5, now_);
  pass(seconds(3));
  const auto asked = keeper_.stamp(now_);
  pass(seconds(1));  // until the leader has proved that it is one
  EXPECT_EQ(keeper_.renew(1, asked, now_), Renewal::kRenewed);
  EXPECT_EQ(keeper_.remaining(1, now_), 4);
  EXPECT_EQ(pass(milliseconds(3990)), Ids{});
  EXPECT_EQ(pass(milliseconds(20)), Ids{1});
  EXPECT_EQ(renew(1), Renewal::kUnknown);
}

TEST_F(Keeper, ALeaseWhoseTimeIsOverIsNotBroughtBack) {
  lead();
  answers_ = false;
  keeper_.granted(1, 2, now_);
  EXPECT_EQ(pass(seconds(3)), Ids{1});
  EXPECT_EQ(renew(1), Renewal::kEnding);
  keeper_.failed({.lease = 1, .term = kTerm}, now_);
  EXPECT_EQ(renew(1), Renewal::kEnding) << "the end that was proposed may still come";
  EXPECT_EQ(pass(milliseconds(2900)), Ids{});
  EXPECT_EQ(pass(milliseconds(200)), Ids{1}) << "it is proposed again";
}

TEST_F(Keeper, APauseOfTheProcessDoesNotCount) {
  lead();
  pass(milliseconds(10));
  keeper_.granted(1, 5, now_);
  pass(seconds(2));
  now_ += seconds(600);
  EXPECT_EQ(pass(milliseconds(1500)), Ids{}) << "those behind it could not keep their leases alive";
  EXPECT_EQ(renew(1), Renewal::kRenewed);
  EXPECT_EQ(pass(milliseconds(4900)), Ids{});
  EXPECT_EQ(pass(milliseconds(200)), Ids{1});
}

TEST_F(Keeper, RevokesComeAtABoundedRateAndInBoundedNumber) {
  std::vector<LeaseInfo> many;
  for (std::int64_t id = 1; id <= 10000; ++id) many.push_back({.id = id, .ttl = 2});
  lead(many);
  EXPECT_EQ(pass(milliseconds(2990)), Ids{});
  EXPECT_LE(pass(seconds(1)).size(), 2500U + 1250U);
  answers_ = false;
  pass(seconds(10));
  EXPECT_EQ(keeper_.revokes_in_flight(), 512U);
}

TEST_F(Keeper, HundredThousandLeasesEndWithinAMinute) {
  std::vector<LeaseInfo> many;
  for (std::int64_t id = 1; id <= 100000; ++id) many.push_back({.id = id, .ttl = 2});
  lead(many);
  Ids ended = pass(seconds(60));
  std::ranges::sort(ended);
  EXPECT_EQ(ended.size(), 100000U);
  EXPECT_TRUE(std::ranges::unique(ended).empty());
}

TEST_F(Keeper, LongLeasesAreToldOfSoThatTheNextLeaderKnowsWhatIsLeft) {
  lead();
  keeper_.granted(1, 3600, now_);
  keeper_.granted(2, 200, now_);  // too short to be worth it
  pass(seconds(301));
  ASSERT_EQ(checkpoints_.size(), 1U);
  EXPECT_EQ(checkpoints_[0], (LeaseCheckpointOp{.term = kTerm, .leases = {{1, 3300}}}));
}

TEST_F(Keeper, ALeaseThatWasToldOfIsToldAnewBeforeItIsKeptAlive) {
  lead();
  keeper_.granted(1, 3600, now_);
  pass(seconds(301));
  EXPECT_EQ(renew(1), Renewal::kReset);
  EXPECT_EQ(renew(1), Renewal::kReset) << "not before it is in the log";
  pass(seconds(400));
  EXPECT_EQ(checkpoints_.size(), 1U) << "nobody is told that less is left meanwhile";
  tell({.term = kTerm, .leases = {{1, 0}}});
  EXPECT_EQ(renew(1), Renewal::kRenewed);
  EXPECT_EQ(keeper_.remaining(1, now_), 3600);
  pass(seconds(301));
  EXPECT_EQ(checkpoints_.size(), 2U);
}

TEST_F(Keeper, LeasesAreListedInTheOrderInWhichTheyEnd) {
  lead({{.id = 3, .ttl = 9}, {.id = 1, .ttl = 30}, {.id = 2, .ttl = 10}});
  EXPECT_EQ(keeper_.by_end(), (Ids{3, 2, 1}));
  keeper_.ended(2);
  EXPECT_EQ(keeper_.by_end(), (Ids{3, 1}));
  EXPECT_EQ(keeper_.remaining(2, now_), std::nullopt);
}

}  // namespace
}  // namespace kv
