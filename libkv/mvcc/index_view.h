// Reading one root of the key index: find, count, walk in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libkv/mvcc/index_node.h"
#include "libkv/mvcc/key_range.h"

namespace kv {

/// A place in the order of the keys. Views into nodes: valid while the root's generation is held and, for the
/// writer, until its next change.
class IndexCursor {
 public:
  [[nodiscard]] bool valid() const { return depth_ != 0; }
  /// These three require valid().
  [[nodiscard]] std::string_view key() const { return leaf().keys[top().at]; }
  [[nodiscard]] const Entry& entry() const { return leaf().entries[top().at]; }
  void next();

 private:
  friend class IndexView;
  /// A tree of kFanout / 2 children a node is far less deep, however many keys memory can hold.
  static constexpr std::size_t kDepthMax = 24;

  struct Step {
    const Node* node;
    std::size_t at;
  };

  void push(const Node* node, std::size_t at);
  /// Leaves finished nodes behind and goes down to the next entry.
  void settle();
  [[nodiscard]] const Step& top() const { return path_[depth_ - 1]; }
  [[nodiscard]] const Leaf& leaf() const { return as_leaf(*top().node); }

  std::array<Step, kDepthMax> path_;
  std::size_t depth_ = 0;
};

/// One root, read only. A pointer: copy it freely. Thread: any, for a published root.
class IndexView {
 public:
  explicit IndexView(const Node* root) : root_(root) {}

  /// The entry of `key`, tombstones included; null when there is none.
  [[nodiscard]] const Entry* find(std::string_view key) const;
  /// The first entry at or after `key`, tombstones included.
  [[nodiscard]] IndexCursor seek(std::string_view key) const;
  /// The first aged entry at or after `key`; skips subtrees without any.
  [[nodiscard]] IndexCursor seek_aged(std::string_view key) const;
  /// Keys alive at the newest revision. O(log n).
  [[nodiscard]] std::uint64_t count_live(const KeyRange& range) const;
  [[nodiscard]] Totals totals() const { return root_ == nullptr ? Totals{} : totals_of(*root_); }

 private:
  /// Live keys in front of `key`.
  [[nodiscard]] std::uint64_t rank(std::string_view key) const;

  const Node* root_;
};

}  // namespace kv
