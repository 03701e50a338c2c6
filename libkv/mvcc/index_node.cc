#include "libkv/mvcc/index_node.h"

#include <algorithm>

namespace kv {

Leaf* make_leaf(EditNumber edit) {
  auto leaf = std::make_unique_for_overwrite<Leaf>();
  leaf->edit = edit;
  leaf->leaf = true;
  return leaf.release();
}

Inner* make_inner(EditNumber edit) {
  auto inner = std::make_unique_for_overwrite<Inner>();
  inner->edit = edit;
  inner->leaf = false;
  inner->size = 0;
  return inner.release();
}

HistoryChunk* make_chunk(EditNumber edit, HistoryChunk* older, std::uint32_t capacity) {
  auto versions = std::make_unique_for_overwrite<OldVersion[]>(capacity);
  return std::make_unique<HistoryChunk>(HistoryChunk{edit, older, capacity, std::move(versions)}).release();
}

Node* copy_node(const Node& node, EditNumber edit) {
  if (node.leaf) {
    const Leaf& from = as_leaf(node);
    Leaf* const leaf = make_leaf(edit);
    leaf->totals = from.totals;
    leaf->keys.append(from.keys);
    std::copy_n(from.entries.begin(), from.size(), leaf->entries.begin());
    return leaf;
  }
  const Inner& from = as_inner(node);
  Inner* const inner = make_inner(edit);
  inner->size = from.size;
  inner->separators.append(from.separators);
  std::copy_n(from.children.begin(), from.size, inner->children.begin());
  std::copy_n(from.totals.begin(), from.size, inner->totals.begin());
  return inner;
}

void free_node(Node* node) {
  if (node->leaf) {
    const std::unique_ptr<Leaf> owner(&as_leaf(*node));
  } else {
    const std::unique_ptr<Inner> owner(&as_inner(*node));
  }
}

void free_chunk(HistoryChunk* chunk) {
  const std::unique_ptr<HistoryChunk> owner(chunk);
}

void free_tree(Node* root) {
  if (root == nullptr) return;
  if (root->leaf) {
    Leaf& leaf = as_leaf(*root);
    for (std::size_t i = 0; i < leaf.size(); ++i) {
      for (HistoryChunk* chunk = leaf.entries[i].history; chunk != nullptr;) {
        HistoryChunk* const older = chunk->older;
        free_chunk(chunk);
        chunk = older;
      }
    }
  } else {
    // Recursion is as deep as the tree: a handful of levels.
    Inner& inner = as_inner(*root);
    for (std::size_t i = 0; i < inner.size; ++i) free_tree(inner.children[i]);
  }
  free_node(root);
}

Totals totals_of(const Node& node) {
  if (node.leaf) return as_leaf(node).totals;
  Totals sum;
  const Inner& inner = as_inner(node);
  for (std::size_t i = 0; i < inner.size; ++i) sum += inner.totals[i];
  return sum;
}

}  // namespace kv
