#include "libkv/mvcc/index_node.h"

#include <algorithm>

namespace kv {
namespace {

/// A few batches' worth. Spare nodes keep their key buffers unless those are large.
constexpr std::size_t kSpareMax = 1024;
constexpr std::size_t kSpareKeyBytesMax = 8U << 10U;

template <class T>
T* take(std::vector<std::unique_ptr<T>>& spare) {
  if (spare.empty()) return std::make_unique_for_overwrite<T>().release();
  T* const node = spare.back().release();
  spare.pop_back();
  return node;
}

template <class T>
void put_back(std::vector<std::unique_ptr<T>>& spare, T* node, PackedKeys& keys) {
  std::unique_ptr<T> owner(node);
  if (spare.size() >= kSpareMax || keys.capacity() > kSpareKeyBytesMax) return;
  keys.clear();
  spare.push_back(std::move(owner));
}

}  // namespace

Leaf* NodePool::make_leaf(EditNumber edit) {
  Leaf* const leaf = take(spare_leaves_);
  leaf->edit = edit;
  leaf->leaf = true;
  leaf->totals = {};
  return leaf;
}

Inner* NodePool::make_inner(EditNumber edit) {
  Inner* const inner = take(spare_inners_);
  inner->edit = edit;
  inner->leaf = false;
  inner->size = 0;
  return inner;
}

HistoryChunk* NodePool::make_chunk(EditNumber edit, HistoryChunk* older, std::uint32_t capacity) {
  auto versions = std::make_unique_for_overwrite<OldVersion[]>(capacity);
  return std::make_unique<HistoryChunk>(HistoryChunk{edit, older, capacity, std::move(versions)}).release();
}

Node* NodePool::copy(const Node& node, EditNumber edit) {
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

void NodePool::free(Node* node) {
  if (node->leaf) {
    put_back(spare_leaves_, &as_leaf(*node), as_leaf(*node).keys);
  } else {
    put_back(spare_inners_, &as_inner(*node), as_inner(*node).separators);
  }
}

void NodePool::free(HistoryChunk* chunk) {
  const std::unique_ptr<HistoryChunk> owner(chunk);
}

void NodePool::free_tree(Node* root) {
  if (root == nullptr) return;
  if (root->leaf) {
    Leaf& leaf = as_leaf(*root);
    for (std::size_t i = 0; i < leaf.size(); ++i) {
      for (HistoryChunk* chunk = leaf.entries[i].history; chunk != nullptr;) {
        HistoryChunk* const older = chunk->older;
        free(chunk);
        chunk = older;
      }
    }
  } else {
    // Recursion is as deep as the tree: a handful of levels.
    Inner& inner = as_inner(*root);
    for (std::size_t i = 0; i < inner.size; ++i) free_tree(inner.children[i]);
  }
  free(root);
}

Totals totals_of(const Node& node) {
  if (node.leaf) return as_leaf(node).totals;
  Totals sum;
  const Inner& inner = as_inner(node);
  for (std::size_t i = 0; i < inner.size; ++i) sum += inner.totals[i];
  return sum;
}

}  // namespace kv
