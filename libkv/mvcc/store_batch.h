// The rows of the batch under way. Apart from store.h, so that LevelDB's header stays in the .cc files.
#pragma once

#include <leveldb/write_batch.h>

#include <string_view>

#include "libkv/mvcc/store.h"

namespace kv {

class Store::Batch {
 public:
  void put(std::string_view key, std::string_view value) {
    rows_.Put({key.data(), key.size()}, {value.data(), value.size()});
  }
  void remove(std::string_view key) { rows_.Delete({key.data(), key.size()}); }
  void clear() { rows_.Clear(); }
  [[nodiscard]] std::uint64_t bytes() const { return rows_.ApproximateSize(); }
  [[nodiscard]] leveldb::WriteBatch& rows() { return rows_; }

 private:
  leveldb::WriteBatch rows_;
};

}  // namespace kv
