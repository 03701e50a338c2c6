#include "libkv/watch/hub.h"

#include <gtest/gtest.h>

#include "tests/unit/watch/hub_fixture.h"

namespace kv {
namespace {

using std::chrono::milliseconds;

TEST_F(HubTest, LiveWatchIsToldEachRevisionAtOnce) {
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  put("a");
  put("b");
  put("a");
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 2: +a@2", "events 0 at 4: +a@4"}));
}

TEST_F(HubTest, OneRevisionIsOneResponse) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .range_end = "c"});
  Change second = put_at(2, "b");
  second.revision.sub = 1;
  Change outside = put_at(2, "z");
  outside.revision.sub = 2;
  apply({put_at(2, "a"), second, outside, delete_at(3, "a")});
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 2: +a@2 +b@2", "events 0 at 3: -a@3"}));
}

TEST_F(HubTest, IdsCountFromZeroAndSkipThoseInUse) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .watch_id = 1});
  for (int i = 0; i < 3; ++i) hub().create(1, {.key = "a"});
  hub().create(1, {.key = "a", .watch_id = 2});
  EXPECT_EQ(sink->said, (Said{"created 1 at 1", "created 0 at 1", "created 2 at 1", "created 3 at 1",
                              "created -1 at 1 refused"}));
  EXPECT_EQ(sink->refusals, std::vector{WatchRefusal::kDuplicateId});
}

TEST_F(HubTest, WhatCannotBeWatchedIsRefused) {
  options_.limits.watches_per_stream_max = 1;
  const auto sink = open(1);
  hub().create(1, {.key = "b", .range_end = "b"});
  hub().create(1, {.key = "b", .start_revision = -1});
  hub().create(1, {.key = "b"});
  hub().create(1, {.key = "b"});
  hub().create(1, {.key = "b", .range_end = "a", .watch_id = 0});
  EXPECT_EQ(sink->refusals, (std::vector{WatchRefusal::kEmptyRange, WatchRefusal::kBadRevision,
                                         WatchRefusal::kTooManyWatches, WatchRefusal::kEmptyRange}));
}

TEST_F(HubTest, AnEventIsEncodedOnceForAll) {
  for (std::uint64_t id = 1; id <= 50; ++id) {
    open(id);
    hub().create(id, {.key = "a", .prev_kv = id % 2 == 0});
  }
  apply({put_at(2, "a"), put_at(3, "a"), put_at(4, "b")});
  EXPECT_EQ(hub().counts().events, 100U);
  EXPECT_EQ(hub().counts().encoded, 3U);
}

TEST_F(HubTest, KeysOfAStreamAreBounded) {
  options_.limits.key_bytes_per_stream_max = 100;
  const auto sink = open(1);
  hub().create(1, {.key = std::string(60, 'k')});
  hub().create(1, {.key = std::string(60, 'k')});
  hub().cancel(1, 0);
  hub().create(1, {.key = std::string(60, 'k')});
  EXPECT_EQ(sink->refusals, std::vector{WatchRefusal::kTooManyWatches});
  EXPECT_EQ(sink->said.back(), "created 1 at 1");
}

TEST_F(HubTest, CancelledWatchIsToldNothingMoreAndItsIdIsFree) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .watch_id = 5});
  hub().cancel(1, 5);
  hub().cancel(1, 5);  // unknown by now
  put("a");
  hub().create(1, {.key = "a", .watch_id = 5});
  EXPECT_EQ(sink->said, (Said{"created 5 at 1", "canceled 5", "created 5 at 2"}));
}

TEST_F(HubTest, FiltersDropPutsOrDeletions) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .no_puts = true});
  hub().create(1, {.key = "a", .no_deletes = true});
  put("a");
  apply({delete_at(3, "a")});
  EXPECT_EQ(sink->said,
            (Said{"created 0 at 1", "created 1 at 1", "events 1 at 2: +a@2", "events 0 at 3: -a@3"}));
}

TEST_F(HubTest, FutureStartIsToldNothingEarlier) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .start_revision = 4, .progress_notify = true});
  hub().ask_progress(1);
  put("a");
  put("a");
  hub().ask_progress(1);
  put("a");
  hub().ask_progress(1);
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 4: +a@4", "progress -1 at 4"}));
}

TEST_F(HubTest, ProgressOnRequestNeedsAWatchAndNoneBehind) {
  const auto sink = open(1);
  hub().ask_progress(1);
  EXPECT_TRUE(sink->said.empty());
  put("a");
  put("b");
  hub().create(1, {.key = "z"});
  hub().create(1, {.key = "a", .start_revision = 2});
  hub().ask_progress(1);
  EXPECT_EQ(sink->said.size(), 2U);
  settle();
  hub().ask_progress(1);
  EXPECT_EQ(sink->said.back(), "progress -1 at 3");
}

TEST_F(HubTest, ProgressByIntervalIsForQuietWatchesOnly) {
  options_.progress_interval = milliseconds(1000);
  const auto sink = open(1);
  hub().create(1, {.key = "a", .progress_notify = true});
  hub().create(1, {.key = "b", .progress_notify = true});
  hub().create(1, {.key = "c"});
  tick();
  tick(milliseconds(1200));
  EXPECT_EQ(Said(sink->said.begin() + 3, sink->said.end()), (Said{"progress 0 at 1", "progress 1 at 1"}));
  put("a");
  tick(milliseconds(1200));
  EXPECT_EQ(Said(sink->said.begin() + 5, sink->said.end()), (Said{"events 0 at 2: +a@2", "progress 1 at 2"}));
  tick(milliseconds(1200));
  EXPECT_EQ(Said(sink->said.begin() + 7, sink->said.end()), (Said{"progress 0 at 2", "progress 1 at 2"}));
}

TEST_F(HubTest, StreamThatNeedsALeaderEndsAfterThreeElectionTimeoutsWithoutOne) {
  const auto needs = open(1, true);
  const auto patient = open(2);
  hub().create(1, {.key = "a"});
  tick(milliseconds(1000), false);
  tick(milliseconds(1000), false);
  tick(milliseconds(1000), true);
  tick(milliseconds(1000), false);
  tick(milliseconds(1000), false);
  EXPECT_EQ(needs->said, Said{"created 0 at 1"});
  tick(milliseconds(1000), false);
  EXPECT_EQ(needs->said, (Said{"created 0 at 1", "ended 0"}));
  EXPECT_TRUE(patient->said.empty());
  EXPECT_EQ(hub().counts().watches, 0U);
}

TEST_F(HubTest, StopEndsEveryStream) {
  const auto one = open(1);
  const auto two = open(2);
  hub().create(2, {.key = "a"});
  hub().stop(WatchEnd::kStopped);
  EXPECT_EQ(one->said, Said{"ended 1"});
  EXPECT_EQ(two->said, (Said{"created 0 at 1", "ended 1"}));
  hub().create(2, {.key = "a"});  // too late: nothing happens
  hub().close(2);
  EXPECT_EQ(hub().counts().streams, 0U);
}

TEST_F(HubTest, CollectsOnlyWhatSomebodyWants) {
  open(1);
  EXPECT_EQ(hub().demand(), Collect::kNothing);
  hub().create(1, {.key = "a"});
  EXPECT_EQ(hub().demand(), Collect::kChanges);
  hub().create(1, {.key = "a", .prev_kv = true});
  EXPECT_EQ(hub().demand(), Collect::kWithPrevious);
  hub().cancel(1, 1);
  EXPECT_EQ(hub().demand(), Collect::kChanges);
  hub().close(1);
  EXPECT_EQ(hub().demand(), Collect::kNothing);
}

}  // namespace
}  // namespace kv
