// What a ReadView holds: one generation of the index, and what it takes to read its records.
#pragma once

#include <cstdint>
#include <memory>

#include "libkv/mvcc/database.h"
#include "libkv/mvcc/generation.h"
#include "libkv/mvcc/key_index.h"
#include "libkv/mvcc/range_reader.h"
#include "libkv/mvcc/read_view.h"
#include "libkv/mvcc/state_point.h"
#include "libkv/mvcc/value_cache.h"

namespace kv {

/// What the writer and every generation use together. Shared, because a view may outlive the store; freed
/// with the last of them, when no generation is read any more.
struct StoreCore {
  StoreCore(std::unique_ptr<Database> opened, std::size_t value_cache_bytes)
      : database(std::move(opened)), cache(value_cache_bytes), generations(pool), index(pool) {}

  const std::unique_ptr<Database> database;
  ValueCache cache;
  NodePool pool;  // the writer's, as what follows
  GenerationList generations;
  KeyIndex index;
};

/// Immutable after construction.
class ReadView::Impl {
 public:
  /// What was true when the generation was published.
  struct Facts {
    std::int64_t revision = kRevisionOfEmptyStore;
    std::int64_t compacted = kNeverCompacted;
    bool compacting = false;          // compacted records are still being deleted
    std::uint64_t bytes_written = 0;  // since the store was opened
    std::uint64_t bytes_on_disk = 1;
    std::uint64_t bytes_in_use = 0;
    StatePoint state;
  };

  Impl(std::shared_ptr<StoreCore> core, IndexView index, GenerationPin pin, const Facts& facts)
      : core_(std::move(core)), index_(index), pin_(std::move(pin)), facts_(facts) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { pin_.release(); }

  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] const std::shared_ptr<StoreCore>& core() const { return core_; }
  [[nodiscard]] Sight sight() const {
    return {.index = index_,
            .revision = facts_.revision,
            .compacted = facts_.compacted,
            .records = RecordReader(*core_->database, core_->cache)};
  }

 private:
  const std::shared_ptr<StoreCore> core_;  // shared with the store and the other generations
  const IndexView index_;
  const GenerationPin pin_;
  const Facts facts_;
};

}  // namespace kv
