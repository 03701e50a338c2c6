// The ordered, counting index key -> versions: a persistent B-tree with one writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/mvcc/history.h"
#include "libkv/mvcc/index_node.h"
#include "libkv/mvcc/index_view.h"

namespace kv {

/// A version as it is recorded; for a tombstone create and version are 0.
struct NewVersion {
  Revision revision;
  std::int64_t create = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;
  std::uint32_t size = 0;  ///< bytes of its record
  bool deleted = false;
};

/// The writer's tree. A change costs O(log n) and touches only nodes of the current edit; the first change of
/// a node in an edit copies it. Thread: the writer's.
class KeyIndex {
 public:
  /// `pool` makes and frees its nodes; not owned.
  explicit KeyIndex(NodePool& pool) : pool_(pool) {}
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;
  /// Frees the tree and what the unfinished edit replaced. No generation may be left.
  ~KeyIndex();

  /// Makes what `make` returns the newest version of `key` and keeps the one before as history. `make` is
  /// given the entry as it is, null for a new key, and must not touch the index. Versions of a key arrive in
  /// order of revision. One descent: the node is copied, which fetches it in order, before it is searched.
  template <class Make>
  void record(std::string_view key, Make make) {
    const Place place = descend(key);
    record_at(place, key, make(entry_at(place, key)));
  }

  /// Forgets the versions of `key` that compaction at `compacted` removes, ascending into `removed`.
  void compact_key(std::string_view key, std::int64_t compacted, std::vector<OldVersion>& removed);

  /// Ends the edit: its nodes are read only from now on. Gives what it replaced.
  std::vector<Retired> finish_edit();

  /// The edit under way, and the generation it will be.
  [[nodiscard]] EditNumber edit() const { return edit_; }
  [[nodiscard]] const Node* root() const { return root_; }
  /// Includes the changes of the edit under way; valid until the next change.
  [[nodiscard]] IndexView view() const { return IndexView(root_); }

 private:
  struct Step {
    Inner* inner;
    std::size_t at;
  };
  /// Where an entry is: the leaf, its place there, and the way down.
  struct Place {
    std::vector<Step>& path;
    Leaf* leaf = nullptr;
    std::size_t at = 0;
  };

  [[nodiscard]] const Entry* entry_at(const Place& place, std::string_view key) const;
  void record_at(Place place, std::string_view key, const NewVersion& version);
  /// Copies the node unless this edit made it.
  Node* own(Node* node);
  void retire(Node* node) { retired_.push_back({.node = node, .chunk = nullptr}); }
  /// The way to the leaf of `key`, every node owned; inner nodes on it have room for one more child.
  Place descend(std::string_view key);
  void grow_root();
  /// Splits child `at` of `parent` so that the right half starts with the child's entry `from`.
  void split_leaf(Inner& parent, std::size_t at, std::size_t from, std::string_view right_first);
  void split_inner(Inner& parent, std::size_t at);
  void insert_child(Inner& parent, std::size_t at, std::string_view separator, Node* child);
  /// Gives the leaf room for `key`; the place may move to the new right half.
  void make_room(Place& place, std::string_view key);
  /// Carries a change of the leaf's totals up the path.
  static void add_up(const Place& place, const Totals& before);
  void erase(const Place& place);
  void erase_child(Inner& parent, std::size_t at);
  /// Joins child `at` with a neighbour if both fit into one node; drops it if it is empty and alone.
  void rebalance(Inner& parent, std::size_t at);
  bool join(Inner& parent, std::size_t left);

  NodePool& pool_;
  Node* root_ = nullptr;
  EditNumber edit_ = 1;
  std::vector<Retired> retired_;  // replaced by the edit under way
  std::vector<Step> path_;        // scratch of descend
};

}  // namespace kv
