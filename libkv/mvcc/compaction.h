// Where physical compaction stands, and what the store keeps count of beside the index.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "libkv/mvcc/index_node.h"
#include "libkv/mvcc/record.h"

namespace kv {

/// A mark that is stored.
struct MarkPosition {
  std::int64_t revision = 0;
  std::uint64_t batch = 0;
};

/// The writer's totals: the next mark, and which marks are on disk.
struct Ledger {
  Mark mark;
  std::uint64_t bytes_in_use = 0;  ///< of the records that are stored
  std::deque<MarkPosition> marks;  ///< ascending; the last one closes the newest batch
};

/// Physical compaction: walk the keys and take what history allows out of the index, then delete those
/// records, both in slices. It starts once no generation can read below `target`, and after a sync, so that a
/// state cut back to durable ground never misses records that its own compacted revision promises.
struct Compaction {
  std::int64_t target = kNeverCompacted;
  bool walking = false;           ///< keys are left to look at
  bool synced = false;            ///< `target` is durable
  std::string cursor;             ///< the next key to look at
  std::deque<OldVersion> doomed;  ///< out of the index, still on disk; ascending for each key

  void start(std::int64_t revision) {
    target = revision;
    walking = true;
    synced = false;
    cursor.clear();
  }
  [[nodiscard]] bool due() const { return walking || !doomed.empty(); }
};

}  // namespace kv
