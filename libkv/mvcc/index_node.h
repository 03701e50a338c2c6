// The nodes of the key index: plain memory that is written by one edit and then only read.
//
// A node carries the number of the edit that made it. The writer changes the nodes of its own edit in place
// and copies every other one first, so a published root never changes under its readers. Nodes hold no
// reference counts: a replaced node is retired and freed once no generation that can reach it is left
// (generation.h). This file and index_node.cc are the only place where nodes are allocated and freed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "libkv/mvcc/packed_keys.h"
#include "libkv/mvcc/revision.h"

namespace kv {

/// Counts edits. Generation n is what edit n published.
using EditNumber = std::uint64_t;

/// A version of a key that a newer one replaced.
struct OldVersion {
  std::int64_t main;
  std::uint32_t sub;
  std::uint32_t size : 31;  ///< bytes of its record
  std::uint32_t deleted : 1;

  [[nodiscard]] Revision revision() const { return {main, sub}; }
};

/// A run of old versions, ascending; runs are chained from the newest to the oldest. Appending writes behind
/// everything a published entry counts, so a chunk is shared between generations without a copy.
struct HistoryChunk {
  EditNumber edit;
  HistoryChunk* older;
  std::uint32_t capacity;
  std::unique_ptr<OldVersion[]> versions;
};

/// The newest version of a key and the way to the older ones. Trivial, so that a leaf is copied as memory.
struct Entry {
  std::int64_t main;  ///< mod revision
  std::int64_t create;
  std::int64_t version;
  std::int64_t lease;
  HistoryChunk* history;        ///< the newest chunk; null: no older version is kept
  std::uint32_t history_count;  ///< versions of that chunk that belong to this entry
  std::uint32_t sub;
  std::uint32_t size : 31;  ///< bytes of its record
  std::uint32_t deleted : 1;

  [[nodiscard]] Revision revision() const { return {main, sub}; }
  /// A tombstone or a key with history: compaction may find something to do.
  [[nodiscard]] bool aged() const { return deleted != 0 || history != nullptr; }
};

/// What a subtree holds.
struct Totals {
  std::uint32_t live = 0;  ///< keys whose newest version is not a tombstone
  std::uint32_t aged = 0;

  Totals& operator+=(const Totals& other) {
    live += other.live;
    aged += other.aged;
    return *this;
  }
};

struct Node {
  EditNumber edit;
  bool leaf;
};

struct Leaf : Node {
  Totals totals;
  PackedKeys keys;
  std::array<Entry, kFanout> entries;  // [0, keys.size()) are set

  [[nodiscard]] std::size_t size() const { return keys.size(); }
};

/// Child i holds the keys in [separators[i - 1], separators[i]).
struct Inner : Node {
  PackedKeys separators;
  std::size_t size;  ///< children
  std::array<Node*, kFanout> children;
  std::array<Totals, kFanout> totals;  ///< of each child
};

inline const Leaf& as_leaf(const Node& node) {
  return static_cast<const Leaf&>(node);
}
inline const Inner& as_inner(const Node& node) {
  return static_cast<const Inner&>(node);
}
inline Leaf& as_leaf(Node& node) {
  return static_cast<Leaf&>(node);
}
inline Inner& as_inner(Node& node) {
  return static_cast<Inner&>(node);
}

Totals totals_of(const Node& node);

/// Makes and frees nodes, and keeps some freed ones: an edit frees about as many as it makes. Thread: the
/// writer's.
class NodePool {
 public:
  NodePool() = default;
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;

  Leaf* make_leaf(EditNumber edit);
  Inner* make_inner(EditNumber edit);
  static HistoryChunk* make_chunk(EditNumber edit, HistoryChunk* older, std::uint32_t capacity);
  /// A copy that belongs to `edit`.
  Node* copy(const Node& node, EditNumber edit);
  /// Frees one node, not its children or histories.
  void free(Node* node);
  static void free(HistoryChunk* chunk);
  /// Frees a whole tree with its histories; null is nothing.
  void free_tree(Node* root);

 private:
  std::vector<std::unique_ptr<Leaf>> spare_leaves_;
  std::vector<std::unique_ptr<Inner>> spare_inners_;
};

}  // namespace kv
