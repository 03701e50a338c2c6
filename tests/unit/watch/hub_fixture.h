// A hub with a history of its own in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libkv/watch/hub.h"
#include "tests/unit/watch/changes.h"
#include "tests/unit/watch/recorder.h"

namespace kv {

class HubTest : public ::testing::Test {
 protected:
  using Said = std::vector<std::string>;
  using Clock = Hub::Clock;

  /// The store is at revision 1 until something is applied.
  Hub& hub() {
    if (!hub_) hub_ = std::make_unique<Hub>(options_, revision_, -1);
    return *hub_;
  }
  std::shared_ptr<Recorder> open(Hub::StreamId id, bool needs_leader = false) {
    auto sink = std::make_shared<Recorder>();
    hub().open(id, sink, {.needs_leader = needs_leader});
    return sink;
  }
  void apply(std::vector<Change> changes, Collect how = Collect::kWithPrevious) {
    for (const Change& change : changes) history_.push_back(change);
    if (!changes.empty()) revision_ = changes.back().revision.main;
    if (how == Collect::kNothing) changes.clear();
    hub().applied({.revision = revision_, .compacted = compacted_, .collected = {how, std::move(changes)}});
  }
  void put(const std::string& key, Collect how = Collect::kWithPrevious) {
    apply({put_at(revision_ + 1, key)}, how);
  }
  void compact(std::int64_t revision) {
    compacted_ = revision;
    apply({});
  }
  /// What the disk would give.
  void answer(const ChangesOp& op) {
    if (op.from < compacted_) {
      return hub().history(std::unexpected(ReadFault{.refused = KvError::kCompacted, .broken = std::nullopt}),
                           compacted_);
    }
    ChangesResult result{.changes = {}, .next = op.to + 1};
    std::size_t revisions = 0;
    for (const Change& change : history_) {
      const std::int64_t main = change.revision.main;
      if (main < op.from || main > op.to) continue;
      if (result.changes.empty() || result.changes.back().revision.main != main) {
        if (++revisions > op.revisions_max) {
          result.next = main;
          break;
        }
      }
      result.changes.push_back(change);
    }
    hub().history(std::move(result), compacted_);
  }
  /// Until nothing is left to do.
  void settle() {
    for (;;) {
      while (hub().work()) {
      }
      const auto op = hub().take_read();
      if (!op) return;
      answer(*op);
    }
  }
  void tick(std::chrono::milliseconds later = std::chrono::milliseconds(10), bool has_leader = true) {
    now_ += later;
    hub().tick(now_, has_leader);
  }

  HubOptions options_;
  std::int64_t revision_ = 1;
  std::int64_t compacted_ = -1;
  Clock::time_point now_{std::chrono::hours(1)};
  std::vector<Change> history_;
  std::unique_ptr<Hub> hub_;
};

}  // namespace kv
