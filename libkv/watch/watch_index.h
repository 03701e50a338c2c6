// From a key to the watchers that cover it: exact keys by hash, ranges in a tree of intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libkv/watch/watcher.h"
#include "libraft/base/random.h"

namespace kv {

/// Holds no watcher: add and remove each once. A lookup costs O(log ranges + what it finds); watchers of the
/// same range share a node.
class WatchIndex {
 public:
  /// `seed`: shapes the tree, so that no choice of ranges makes it deep.
  explicit WatchIndex(std::uint64_t seed);
  ~WatchIndex();

  void add(Watcher& watcher);
  void remove(Watcher& watcher);

  /// Calls visit(Watcher&) for each that covers `key`. It must not change the index.
  template <class Visit>
  void visit(std::string_view key, Visit visit) const {
    if (const auto exact = exact_.find(key); exact != exact_.end()) {
      for (Watcher* watcher : exact->second) visit(*watcher);
    }
    visit_ranges(root_.get(), key, visit);
  }

 private:
  using Group = std::vector<Watcher*>;

  /// A treap by begin, then end; each node knows which interval below it ends last.
  struct Node {
    std::string begin;
    std::string end;
    bool unbounded = false;  // no end
    std::uint64_t priority = 0;
    Group watchers;
    std::unique_ptr<Node> left;
    std::unique_ptr<Node> right;
    const Node* furthest = nullptr;

    [[nodiscard]] bool ends_behind(std::string_view key) const { return unbounded || key < end; }
  };
  using Link = std::unique_ptr<Node>;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };

  template <class Visit>
  static void visit_ranges(const Node* node, std::string_view key, Visit& visit) {
    if (node == nullptr || !node->furthest->ends_behind(key)) return;
    visit_ranges(node->left.get(), key, visit);
    if (key < node->begin) return;
    if (node->ends_behind(key)) {
      for (Watcher* watcher : node->watchers) visit(*watcher);
    }
    visit_ranges(node->right.get(), key, visit);
  }

  static void enter(Group& group, Watcher& watcher);
  static void leave(Group& group, const Watcher& watcher);
  static int compare(const KeyRange& range, const Node& node);
  static void measure(Node& node);
  static void rotate(Link& top, Link Node::* from, Link Node::* to);
  static Link merge(Link left, Link right);
  Group& insert(Link& at, const KeyRange& range);
  static void take_out(Link& at, const Watcher& watcher);

  raft::Random random_;
  std::unordered_map<std::string, Group, Hash, std::equal_to<>> exact_;
  Link root_;
};

}  // namespace kv
