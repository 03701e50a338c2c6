// From revisions to records: what the current batch wrote, then the cache, then the disk.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/mvcc/database.h"
#include "libkv/mvcc/key_value.h"
#include "libkv/mvcc/revision.h"
#include "libkv/mvcc/value_cache.h"
#include "libraft/base/result.h"

namespace kv {

/// A version that is wanted. Everything of `out` but its key is filled.
struct WantedRecord {
  Revision revision;
  std::string_view key;
  KeyValue* out = nullptr;
};

/// Records of the batch that is not written yet, ascending.
using PendingRecords = std::vector<std::pair<Revision, ValueCache::Held>>;

/// Cheap to make. Thread: any, without pending records.
class RecordReader {
 public:
  RecordReader(const Database& database, ValueCache& cache, const PendingRecords* pending = nullptr)
      : database_(database), cache_(cache), pending_(pending) {}

  /// Reads every wanted version, none of which may be a tombstone. An error is a fault of the disk: bytes
  /// that are wrong or missing are never returned.
  [[nodiscard]] raft::Result<void> read(std::span<const WantedRecord> wanted) const;

 private:
  [[nodiscard]] bool in_memory(const WantedRecord& wanted) const;
  [[nodiscard]] raft::Result<void> read_one(const WantedRecord& wanted) const;
  [[nodiscard]] raft::Result<void> read_in_order(std::vector<WantedRecord>& wanted) const;
  enum class Caching : unsigned char { kKeep, kPass };
  [[nodiscard]] raft::Result<void> accept(const WantedRecord& wanted, std::string_view bytes,
                                          Caching caching) const;

  const Database& database_;
  ValueCache& cache_;
  const PendingRecords* pending_;
};

}  // namespace kv
