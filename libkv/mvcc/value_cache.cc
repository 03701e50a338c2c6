#include "libkv/mvcc/value_cache.h"

#include <leveldb/cache.h>

#include <cstring>

namespace kv {
namespace {

/// What an entry costs beside its value: the record, the cache's handle, the allocator.
constexpr std::size_t kOverheadBytes = sizeof(CachedRecord) + 96;

struct CacheKey {
  explicit CacheKey(const Revision& revision) {
    std::memcpy(raw, &revision.main, 8);
    std::memcpy(raw + 8, &revision.sub, 4);
  }
  [[nodiscard]] leveldb::Slice slice() const { return {raw, sizeof raw}; }
  char raw[12];
};

void drop(const leveldb::Slice&, void* value) {
  const std::unique_ptr<CachedRecord> owner(static_cast<CachedRecord*>(value));
}

}  // namespace

class ValueCache::Impl {
 public:
  explicit Impl(std::size_t bytes_max) : cache(leveldb::NewLRUCache(bytes_max)) {}
  std::unique_ptr<leveldb::Cache> cache;
};

ValueCache::ValueCache(std::size_t bytes_max) : impl_(std::make_unique<Impl>(bytes_max)) {}
ValueCache::~ValueCache() = default;

ValueCache::Held::~Held() {
  if (handle_ != nullptr) cache_->impl_->cache->Release(static_cast<leveldb::Cache::Handle*>(handle_));
}

const CachedRecord& ValueCache::Held::record() const {
  return *static_cast<const CachedRecord*>(
      cache_->impl_->cache->Value(static_cast<leveldb::Cache::Handle*>(handle_)));
}

ValueCache::Held ValueCache::insert(const Revision& revision, CachedRecord record) {
  const std::size_t charge = kOverheadBytes + record.value.size();
  auto owned = std::make_unique<CachedRecord>(std::move(record));
  return {*this, impl_->cache->Insert(CacheKey(revision).slice(), owned.release(), charge, &drop)};
}

bool ValueCache::find(const Revision& revision, KeyValue& out) {
  leveldb::Cache::Handle* const handle = impl_->cache->Lookup(CacheKey(revision).slice());
  if (handle == nullptr) return false;
  const Held held(*this, handle);
  copy_record(held.record(), revision, out);
  return true;
}

void copy_record(const CachedRecord& record, const Revision& revision, KeyValue& out) {
  out.value = record.value;
  out.create_revision = record.create;
  out.mod_revision = revision.main;
  out.version = record.version;
  out.lease = record.lease;
}

}  // namespace kv
