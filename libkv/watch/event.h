// A change as watchers are told it: encoded once, whoever is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/mvcc/change.h"
#include "libkv/mvcc/revision.h"

namespace kv {

struct Event {
  Revision revision;
  std::string key;
  bool deleted = false;
  bool creates = false;  ///< a put of a key that was not there
  /// mvccpb.Event (contract section 1.5) with prev_kv if that is known; without it, its first `plain_bytes`.
  std::string encoded;
  std::size_t plain_bytes = 0;

  [[nodiscard]] std::string_view message(bool with_previous) const {
    return std::string_view(encoded).substr(0, with_previous ? encoded.size() : plain_bytes);
  }
  /// About what it takes of memory.
  [[nodiscard]] std::size_t bytes() const { return sizeof(Event) + key.size() + encoded.size(); }
};

/// All that one revision did, ascending. Never empty.
struct RevisionEvents {
  std::int64_t revision = 0;
  std::vector<Event> events;
  std::size_t bytes = 0;
};

/// The changes by their revisions; `changes` are ascending.
std::vector<RevisionEvents> to_events(std::vector<Change> changes);

}  // namespace kv
