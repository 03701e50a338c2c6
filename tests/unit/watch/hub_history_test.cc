// Watchers that are late: the ring, the disk, full streams, compaction, another state.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <utility>

#include "libkv/watch/hub.h"
#include "libraft/base/random.h"
#include "tests/unit/watch/hub_fixture.h"

namespace kv {
namespace {

TEST_F(HubTest, PastIsReplayedFromMemoryThenLive) {
  open(9);
  hub().create(9, {.key = "x", .prev_kv = true});  // so that changes are collected
  put("a");
  put("b");
  put("a");
  const auto sink = open(1);
  hub().create(1, {.key = "a", .start_revision = 2});
  while (hub().work()) {
  }
  EXPECT_FALSE(hub().take_read());
  put("a");
  EXPECT_EQ(sink->said, (Said{"created 0 at 4", "events 0 at 4: +a@2 +a@4", "events 0 at 5: +a@5"}));
}

TEST_F(HubTest, PastBeforeTheRingComesFromDiskInSlices) {
  options_.limits.slice_revisions_max = 2;
  for (int i = 0; i < 5; ++i) put("a", Collect::kNothing);
  const auto sink = open(1);
  hub().create(1, {.key = "a", .start_revision = 2});
  EXPECT_EQ(hub().counts().behind, 1U);
  settle();
  EXPECT_EQ(hub().counts().behind, 0U);
  put("a");
  EXPECT_EQ(sink->said, (Said{"created 0 at 6", "events 0 at 6: +a@2 +a@3", "events 0 at 6: +a@4 +a@5",
                              "events 0 at 6: +a@6", "events 0 at 7: +a@7"}));
}

TEST_F(HubTest, BatchThatWasNotCollectedIsReadFromDisk) {
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  put("a", Collect::kNothing);
  put("a");
  settle();
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 3: +a@2 +a@3"}));
}

TEST_F(HubTest, BatchWithoutWhatWasBeforeIsReadFromDiskByThoseWhoWantIt) {
  const auto sink = open(1);
  hub().create(1, {.key = "a", .prev_kv = true});
  hub().create(1, {.key = "a"});
  apply({put_at(2, "a", "v", key_value("a", "u", 1, 1, 1))}, Collect::kChanges);
  EXPECT_EQ(sink->said.back(), "events 1 at 2: +a@2");
  settle();
  EXPECT_EQ(sink->said.back(), "events 0 at 2: +a@2(prev)");
}

TEST_F(HubTest, FullStreamWaitsAndGoesOnWhereItStopped) {
  options_.limits.stream_bytes_min = options_.limits.stream_bytes_max = 10;
  const auto slow = open(1);
  const auto fast = open(2);
  hub().create(1, {.key = "a"});
  hub().create(2, {.key = "a"});
  for (int i = 0; i < 3; ++i) {
    put("a");
    fast->queued = 0;
    settle();
  }
  EXPECT_EQ(fast->told[0], " a@2 a@3 a@4");
  EXPECT_EQ(slow->told[0], " a@2");
  EXPECT_EQ(hub().counts().behind, 1U);
  hub().ask_progress(1);
  slow->queued = 0;
  tick();
  settle();
  EXPECT_EQ(slow->said, (Said{"created 0 at 1", "events 0 at 2: +a@2", "events 0 at 4: +a@3 +a@4"}));
}

TEST_F(HubTest, StartBelowTheCompactedRevisionIsCancelledWithoutEvents) {
  open(9);
  hub().create(9, {.key = "x", .prev_kv = true});
  for (int i = 0; i < 4; ++i) put("a");
  compact(4);
  const auto sink = open(1);
  hub().create(1, {.key = "a", .start_revision = 3});
  hub().create(1, {.key = "a", .start_revision = 4});
  settle();
  EXPECT_EQ(sink->said,
            (Said{"created 0 at 5", "canceled 0 compacted 4", "created 1 at 5", "events 1 at 5: +a@4 +a@5"}));
}

TEST_F(HubTest, LateWatchThatCompactionOvertakesIsCancelled) {
  options_.limits.stream_bytes_min = options_.limits.stream_bytes_max = 1;
  options_.limits.ring_bytes_max = 1;
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  for (int i = 0; i < 4; ++i) put("a");
  compact(3);  // the next one is 3: it is still there
  EXPECT_EQ(sink->said.size(), 2U);
  compact(4);
  EXPECT_EQ(sink->said.back(), "canceled 0 compacted 4");
  EXPECT_EQ(hub().counts().watches, 0U);
}

TEST_F(HubTest, LiveWatchIsNeverCancelledByCompaction) {
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  put("b");
  put("b");
  compact(3);
  put("a");
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 4: +a@4"}));
}

TEST_F(HubTest, CompactionDuringAReadCancelsOrReadsAgain) {
  for (int i = 0; i < 4; ++i) put("a", Collect::kNothing);
  const auto sink = open(1);
  hub().create(1, {.key = "a", .start_revision = 2});
  hub().create(1, {.key = "a", .start_revision = 4});
  while (hub().work()) {
  }
  const auto op = hub().take_read();
  ASSERT_TRUE(op);
  compacted_ = 3;  // the disk knows before the hub does
  answer(*op);
  settle();
  EXPECT_EQ(sink->said,
            (Said{"created 0 at 5", "created 1 at 5", "canceled 0 compacted 3", "events 1 at 5: +a@4 +a@5"}));
}

TEST_F(HubTest, InstalledStateIsCaughtUpWithAndNeverGoneBackBehind) {
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  put("a");
  history_.push_back(put_at(3, "a"));
  history_.push_back(put_at(4, "a"));
  revision_ = 4;
  hub().installed(4, -1);
  settle();
  put("a");
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "events 0 at 2: +a@2", "events 0 at 4: +a@3 +a@4",
                              "events 0 at 5: +a@5"}));
}

TEST_F(HubTest, InstalledStateThatForgotWhatComesNextCancels) {
  const auto sink = open(1);
  hub().create(1, {.key = "a"});
  hub().create(1, {.key = "a", .start_revision = 12});
  revision_ = 10;
  hub().installed(10, 8);
  settle();
  EXPECT_EQ(sink->said, (Said{"created 0 at 1", "created 1 at 1", "canceled 0 compacted 8"}));
  put("a");
  put("a");
  EXPECT_EQ(sink->said.back(), "events 1 at 12: +a@12");
}

TEST_F(HubTest, BrokenDiskEndsTheStreamsThatWaitForIt) {
  put("a", Collect::kNothing);
  const auto reads = open(1);
  const auto live = open(2);
  hub().create(1, {.key = "a", .start_revision = 2});
  hub().create(2, {.key = "a"});
  while (hub().work()) {
  }
  ASSERT_TRUE(hub().take_read());
  const raft::Error error{raft::ErrorCode::kCorruption, "r/2/0", "is damaged"};
  hub().history(std::unexpected(ReadFault{.refused = std::nullopt, .broken = error}), -1);
  EXPECT_EQ(reads->said.back(), "ended 2");
  EXPECT_EQ(live->said, Said{"created 0 at 2"});
}

/// Everything at once, by chance: each watch is told exactly what it covers, in order, whatever happens.
TEST_F(HubTest, NothingIsLostDoubledReorderedOrSplit) {
  raft::Random random(20);
  options_.limits.stream_bytes_min = options_.limits.stream_bytes_max = 200;
  options_.limits.ring_bytes_max = 2000;
  options_.limits.slice_revisions_max = 7;
  struct Watch {
    std::shared_ptr<Recorder> sink;
    std::int64_t id;
    WatchRequest request;
    std::int64_t first;
  };
  std::vector<Watch> watches;
  std::vector<std::shared_ptr<Recorder>> sinks;
  std::optional<ChangesOp> reading;
  const auto key = [&] { return std::string(1, static_cast<char>('a' + random.below(6))); };
  for (Hub::StreamId id = 1; id <= 8; ++id) sinks.push_back(open(id));
  for (int round = 0; round < 6000; ++round) {
    switch (random.below(10)) {
      case 0: {
        if (watches.size() >= 60) break;
        const Hub::StreamId stream = 1 + random.below(8);
        WatchRequest request{.key = key(), .prev_kv = random.below(4) == 0};
        if (random.below(2) == 0) request.range_end = request.key + "~";
        if (random.below(5) == 0) request.range_end = std::string(1, '\0');
        if (random.below(2) == 0) {
          request.start_revision =
              1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(revision_) + 5));
        }
        request.watch_id = static_cast<std::int64_t>(watches.size()) + 100;
        const std::int64_t first = request.start_revision == 0 ? revision_ + 1 : request.start_revision;
        watches.push_back({sinks[stream - 1], request.watch_id, request, first});
        hub().create(stream, request);
        break;
      }
      case 1:
        sinks[random.below(8)]->queued = 0;
        break;
      case 2:
        tick();
        break;
      case 3:
        hub().work();
        break;
      case 4:
        if (!reading) reading = hub().take_read();
        break;
      case 5:
        if (reading) answer(*std::exchange(reading, std::nullopt));
        break;
      case 6:
        if (random.below(200) == 0) {
          for (int i = 0; i < 3; ++i) history_.push_back(put_at(++revision_, key()));
          hub().installed(revision_, compacted_);
        }
        break;
      default: {
        std::vector<Change> changes;
        for (std::uint64_t i = random.below(3); i > 0; --i) {
          changes.push_back(put_at(revision_ + 1 + static_cast<std::int64_t>(changes.size()), key()));
        }
        if (!changes.empty() && random.below(2) == 0) {
          Change more = delete_at(changes.back().revision.main, "b");
          more.revision.sub = 1;
          changes.push_back(more);
        }
        const Collect how = std::array{Collect::kNothing, Collect::kChanges, Collect::kWithPrevious,
                                       Collect::kWithPrevious}[random.below(4)];
        apply(std::move(changes), how);
      }
    }
  }
  if (reading) answer(*reading);
  for (int i = 0; i < 100000 && hub().counts().behind > 0; ++i) {
    for (const auto& sink : sinks) sink->queued = 0;
    tick();
    settle();
  }
  EXPECT_EQ(hub().counts().behind, 0U);
  std::size_t told = 0;
  for (const Watch& watch : watches) {
    std::string expected;
    const KeyRange range = key_range(watch.request.key, watch.request.range_end);
    for (const Change& change : history_) {
      if (change.revision.main >= watch.first && range.contains(change.kv.key)) {
        expected += ' ' + change.kv.key + '@' + std::to_string(change.revision.main);
      }
    }
    EXPECT_EQ(watch.sink->told[watch.id], expected) << "watch " << watch.id;
    told += expected.size();
  }
  EXPECT_GT(told, 1000U);
}

}  // namespace
}  // namespace kv
