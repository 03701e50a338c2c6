#include "libkv/mvcc/index_view.h"

#include "libraft/base/check.h"

namespace kv {

void IndexCursor::push(const Node* node, std::size_t at) {
  RAFT_CHECK(depth_ < kDepthMax);
  path_[depth_++] = {node, at};
}

void IndexCursor::settle() {
  while (depth_ != 0) {
    Step& step = path_[depth_ - 1];
    if (step.node->leaf) {
      if (step.at < as_leaf(*step.node).size()) return;
    } else if (step.at < as_inner(*step.node).size) {
      push(as_inner(*step.node).children[step.at], 0);
      continue;
    }
    --depth_;
    if (depth_ != 0) ++path_[depth_ - 1].at;
  }
}

void IndexCursor::next() {
  RAFT_CHECK(valid());
  ++path_[depth_ - 1].at;
  settle();
}

const Entry* IndexView::find(std::string_view key) const {
  const Node* node = root_;
  if (node == nullptr) return nullptr;
  while (!node->leaf) {
    const Inner& inner = as_inner(*node);
    node = inner.children[inner.separators.upper_bound(key)];
  }
  const Leaf& leaf = as_leaf(*node);
  const std::size_t at = leaf.keys.lower_bound(key);
  return at < leaf.size() && leaf.keys[at] == key ? &leaf.entries[at] : nullptr;
}

IndexCursor IndexView::seek(std::string_view key) const {
  IndexCursor cursor;
  const Node* node = root_;
  if (node == nullptr) return cursor;
  while (!node->leaf) {
    const Inner& inner = as_inner(*node);
    const std::size_t at = inner.separators.upper_bound(key);
    cursor.push(node, at);
    node = inner.children[at];
  }
  cursor.push(node, as_leaf(*node).keys.lower_bound(key));
  cursor.settle();
  return cursor;
}

IndexCursor IndexView::seek_aged(std::string_view key) const {
  IndexCursor cursor = seek(key);
  while (cursor.valid() && !cursor.entry().aged()) {
    IndexCursor::Step& leaf_step = cursor.path_[cursor.depth_ - 1];
    const Leaf& leaf = as_leaf(*leaf_step.node);
    while (leaf_step.at < leaf.size() && !leaf.entries[leaf_step.at].aged()) ++leaf_step.at;
    if (leaf_step.at < leaf.size()) break;
    // This leaf has no more: climb, skip every child without an aged key, and go down into the first with
    // one.
    --cursor.depth_;
    while (cursor.depth_ != 0) {
      IndexCursor::Step& step = cursor.path_[cursor.depth_ - 1];
      const Inner& inner = as_inner(*step.node);
      do ++step.at;
      while (step.at < inner.size && inner.totals[step.at].aged == 0);
      if (step.at < inner.size) break;
      --cursor.depth_;
    }
    cursor.settle();
  }
  return cursor;
}

std::uint64_t IndexView::rank(std::string_view key) const {
  std::uint64_t live = 0;
  const Node* node = root_;
  while (!node->leaf) {
    const Inner& inner = as_inner(*node);
    const std::size_t at = inner.separators.upper_bound(key);
    for (std::size_t i = 0; i < at; ++i) live += inner.totals[i].live;
    node = inner.children[at];
  }
  const Leaf& leaf = as_leaf(*node);
  const std::size_t at = leaf.keys.lower_bound(key);
  for (std::size_t i = 0; i < at; ++i) live += leaf.entries[i].deleted == 0 ? 1U : 0U;
  return live;
}

std::uint64_t IndexView::count_live(const KeyRange& range) const {
  if (root_ == nullptr) return 0;
  switch (range.kind) {
    case KeyRange::Kind::kOne: {
      const Entry* const entry = find(range.begin);
      return entry != nullptr && entry->deleted == 0 ? 1 : 0;
    }
    case KeyRange::Kind::kFrom:
      return totals().live - rank(range.begin);
    case KeyRange::Kind::kBetween:
      return range.begin < range.end ? rank(range.end) - rank(range.begin) : 0;
  }
  return 0;
}

}  // namespace kv
