// The records that were written or read lately, by revision; bounded in bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "libkv/mvcc/key_value.h"
#include "libkv/mvcc/revision.h"

namespace kv {

/// A record without its key.
struct CachedRecord {
  std::int64_t create = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;
  std::string value;
};

/// A sharded least-recently-used cache (LevelDB's, which brings the locks). A revision never changes its
/// record, so nothing is ever invalidated. Thread: any.
class ValueCache {
 public:
  explicit ValueCache(std::size_t bytes_max);
  ~ValueCache();
  ValueCache(const ValueCache&) = delete;
  ValueCache& operator=(const ValueCache&) = delete;

  /// Keeps one record readable while it lives, whatever the cache drops.
  class Held {
   public:
    Held(ValueCache& cache, void* handle) : cache_(&cache), handle_(handle) {}
    Held(Held&& other) noexcept : cache_(other.cache_), handle_(std::exchange(other.handle_, nullptr)) {}
    Held& operator=(Held&&) = delete;
    ~Held();

    [[nodiscard]] const CachedRecord& record() const;

   private:
    ValueCache* cache_;
    void* handle_;  // the cache's, released once
  };

  Held insert(const Revision& revision, CachedRecord record);
  /// Copies everything but the key into `out`; false when the record is not cached.
  bool find(const Revision& revision, KeyValue& out);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Everything but the key.
void copy_record(const CachedRecord& record, const Revision& revision, KeyValue& out);

}  // namespace kv
