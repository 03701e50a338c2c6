// One change of one key, as those who follow the store want it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "libkv/mvcc/key_value.h"
#include "libkv/mvcc/revision.h"

namespace kv {

struct Change {
  Revision revision;
  KeyValue kv;  ///< of a deletion: key and mod_revision only
  bool deleted = false;
  std::optional<KeyValue> previous;  ///< what the key was before; none when it was created, or not asked for

  bool operator==(const Change&) const = default;

  /// About what it takes of memory.
  [[nodiscard]] std::size_t bytes() const {
    const std::size_t before = previous ? previous->key.size() + previous->value.size() : 0;
    return sizeof(Change) + kv.key.size() + kv.value.size() + before;
  }
};

/// What a store keeps of the changes that it makes.
enum class Collect : std::uint8_t { kNothing, kChanges, kWithPrevious };

/// The changes of a batch, ascending.
struct CollectedChanges {
  Collect how = Collect::kNothing;  ///< kNothing: there may have been changes, nothing is known of them
  std::vector<Change> changes;
};

/// Changes of a batch beyond this are not collected: whoever follows reads them from disk.
inline constexpr std::size_t kCollectBytesMax = 64U << 20U;

/// A stretch of history.
struct ChangesOp {
  std::int64_t from = 0;  ///< the first revision
  std::int64_t to = 0;    ///< the last one; the newest revision at most
  bool previous = false;
  std::size_t revisions_max = 1000;
  /// No further revision is read beyond so many bytes. One revision is never cut.
  std::size_t bytes_max = 1U << 20U;
};

struct ChangesResult {
  std::vector<Change> changes;  ///< ascending
  std::int64_t next = 0;        ///< the first revision that was not read
};

}  // namespace kv
