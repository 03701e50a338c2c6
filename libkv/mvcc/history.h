// The older versions of one key: appended to without a copy, searched by revision, trimmed by compaction.
#pragma once

#include <optional>
#include <vector>

#include "libkv/mvcc/index_node.h"

namespace kv {

/// What was replaced by the current edit and may be freed when no generation reaches it any more.
struct Retired {
  Node* node = nullptr;
  HistoryChunk* chunk = nullptr;  ///< exactly one of the two is set

  /// The first generation that could reach it.
  [[nodiscard]] EditNumber birth() const { return node != nullptr ? node->edit : chunk->edit; }
};

/// Moves the entry's newest version into its history; the caller then writes the new one. O(1).
void push_history(Entry& entry, EditNumber edit);

/// The version of the key that was the newest at `main`; nothing if the key did not exist before. The answer
/// may be a tombstone. Requires that no version at or below `main` that matters was compacted.
std::optional<OldVersion> version_at(const Entry& entry, std::int64_t main);

/// Every version, ascending, the newest included.
std::vector<OldVersion> all_versions(const Entry& entry);

/// How many of `versions` (ascending, all of one key) compaction at `compacted` removes: all before the
/// newest version at or below it, and that one too when it is a tombstone below it (contract section 2.6).
std::size_t removable(const std::vector<OldVersion>& versions, std::int64_t compacted);

/// Replaces the history by the last `keep` of the older versions, which it holds at least; the chain that was
/// there goes to `retired`.
void keep_newest_history(Entry& entry, std::size_t keep, EditNumber edit, std::vector<Retired>& retired);

}  // namespace kv
