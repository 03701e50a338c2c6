#include "libkv/mvcc/key_index.h"

#include <algorithm>
#include <utility>

#include "libraft/base/check.h"

namespace kv {
namespace {

// Nodes are also split by bytes, so that copying one stays cheap when keys are long.
constexpr std::size_t kLeafKeyBytesMax = 16U << 10U;
constexpr std::size_t kSeparatorBytesMax = 64U << 10U;
constexpr std::size_t kSplitByBytesMin = 4;  // a node of fewer is never split for its bytes

bool full(const Inner& inner) {
  return inner.size == kFanout ||
         (inner.size >= kSplitByBytesMin && inner.separators.bytes() > kSeparatorBytesMax);
}

bool full(const Leaf& leaf, std::size_t key_bytes) {
  return leaf.size() == kFanout ||
         (leaf.size() >= kSplitByBytesMin && leaf.keys.bytes() + key_bytes > kLeafKeyBytesMax);
}

/// The shortest string above `left` and not above `right`.
std::string_view separator_between(std::string_view left, std::string_view right) {
  const auto differs = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).second;
  return right.substr(0, static_cast<std::size_t>(differs - right.begin()) + 1);
}

Totals weight(const Entry& entry) {
  return {.live = entry.deleted == 0 ? 1U : 0U, .aged = entry.aged() ? 1U : 0U};
}

/// Replaces the part `before` of a sum by `after`.
void exchange(Totals& sum, const Totals& before, const Totals& after) {
  sum.live += after.live - before.live;
  sum.aged += after.aged - before.aged;
}

Totals sum_of(const Leaf& leaf) {
  Totals sum;
  for (std::size_t i = 0; i < leaf.size(); ++i) sum += weight(leaf.entries[i]);
  return sum;
}

}  // namespace

KeyIndex::~KeyIndex() {
  pool_.free_tree(root_);
  for (const Retired& item : retired_) {
    if (item.node != nullptr) pool_.free(item.node);
    if (item.chunk != nullptr) NodePool::free(item.chunk);
  }
}

const Entry* KeyIndex::entry_at(const Place& place, std::string_view key) const {
  const Leaf& leaf = *place.leaf;
  return place.at < leaf.size() && leaf.keys[place.at] == key ? &leaf.entries[place.at] : nullptr;
}

void KeyIndex::record_at(Place place, std::string_view key, const NewVersion& version) {
  const bool known = entry_at(place, key) != nullptr;
  if (!known) make_room(place, key);
  Leaf& leaf = *place.leaf;
  const Totals totals_before = leaf.totals;
  Entry& entry = leaf.entries[place.at];
  Totals before;
  if (known) {
    RAFT_CHECK(entry.revision() < version.revision);
    before = weight(entry);
    push_history(entry, edit_);
  } else {
    const std::size_t behind = leaf.size() - place.at;
    std::copy_backward(&entry, &entry + behind, &entry + behind + 1);
    leaf.keys.insert(place.at, key);
    entry.history = nullptr;
    entry.history_count = 0;
  }
  entry.main = version.revision.main;
  entry.sub = version.revision.sub;
  entry.create = version.create;
  entry.version = version.version;
  entry.lease = version.lease;
  entry.size = version.size & 0x7fffffffU;
  entry.deleted = version.deleted ? 1 : 0;
  exchange(leaf.totals, before, weight(entry));
  add_up(place, totals_before);
}

void KeyIndex::compact_key(std::string_view key, std::int64_t compacted, std::vector<OldVersion>& removed) {
  const Entry* const found = view().find(key);
  if (found == nullptr || !found->aged()) return;
  const std::vector<OldVersion> versions = all_versions(*found);
  const std::size_t gone = removable(versions, compacted);
  if (gone == 0) return;
  removed.insert(removed.end(), versions.begin(), versions.begin() + static_cast<std::ptrdiff_t>(gone));
  const Place place = descend(key);
  Entry& entry = place.leaf->entries[place.at];
  if (gone == versions.size()) {
    keep_newest_history(entry, 0, edit_, retired_);
    erase(place);
    return;
  }
  const Totals totals_before = place.leaf->totals;
  const Totals before = weight(entry);
  keep_newest_history(entry, versions.size() - 1 - gone, edit_, retired_);
  exchange(place.leaf->totals, before, weight(entry));
  add_up(place, totals_before);
}

std::vector<Retired> KeyIndex::finish_edit() {
  ++edit_;
  return std::exchange(retired_, {});
}

Node* KeyIndex::own(Node* node) {
  if (node->edit == edit_) return node;
  Node* const copy = pool_.copy(*node, edit_);
  retire(node);
  return copy;
}

KeyIndex::Place KeyIndex::descend(std::string_view key) {
  path_.clear();
  if (root_ == nullptr) root_ = pool_.make_leaf(edit_);
  root_ = own(root_);
  if (!root_->leaf && full(as_inner(*root_))) {
    grow_root();
    split_inner(as_inner(*root_), 0);
  }
  Node* node = root_;
  while (!node->leaf) {
    Inner& inner = as_inner(*node);
    std::size_t at = inner.separators.upper_bound(key);
    inner.children[at] = own(inner.children[at]);
    if (!inner.children[at]->leaf && full(as_inner(*inner.children[at]))) {
      split_inner(inner, at);
      if (key >= inner.separators[at]) ++at;
    }
    path_.push_back({&inner, at});
    node = inner.children[at];
  }
  Leaf& leaf = as_leaf(*node);
  return {.path = path_, .leaf = &leaf, .at = leaf.keys.lower_bound(key)};
}

void KeyIndex::grow_root() {
  Inner* const root = pool_.make_inner(edit_);
  root->size = 1;
  root->children[0] = root_;
  root->totals[0] = totals_of(*root_);
  root_ = root;
}

void KeyIndex::insert_child(Inner& parent, std::size_t at, std::string_view separator, Node* child) {
  RAFT_CHECK(parent.size < kFanout);
  RAFT_CHECK(at > 0 && at <= parent.size);
  parent.separators.insert(at - 1, separator);
  std::copy_backward(&parent.children[at], &parent.children[0] + parent.size,
                     &parent.children[0] + parent.size + 1);
  std::copy_backward(&parent.totals[at], &parent.totals[0] + parent.size,
                     &parent.totals[0] + parent.size + 1);
  parent.children[at] = child;
  parent.totals[at] = totals_of(*child);
  ++parent.size;
  parent.totals[at - 1] = totals_of(*parent.children[at - 1]);
}

void KeyIndex::split_leaf(Inner& parent, std::size_t at, std::size_t from, std::string_view right_first) {
  Leaf& left = as_leaf(*parent.children[at]);
  RAFT_CHECK(from > 0 && from <= left.size());
  // Taken before the keys move: it may be a view of this leaf's key.
  const std::string separator(separator_between(left.keys[from - 1], right_first));
  Leaf* const right = pool_.make_leaf(edit_);
  std::copy(&left.entries[0] + from, &left.entries[0] + left.size(), right->entries.begin());
  left.keys.move_tail(from, right->keys);
  left.totals = sum_of(left);
  right->totals = sum_of(*right);
  insert_child(parent, at + 1, separator, right);
}

void KeyIndex::split_inner(Inner& parent, std::size_t at) {
  Inner& left = as_inner(*parent.children[at]);
  const std::size_t from = left.size / 2;
  Inner* const right = pool_.make_inner(edit_);
  const std::string separator(left.separators[from - 1]);
  left.separators.move_tail(from, right->separators);
  left.separators.erase(from - 1);
  right->size = left.size - from;
  std::copy_n(&left.children[from], right->size, right->children.begin());
  std::copy_n(&left.totals[from], right->size, right->totals.begin());
  left.size = from;
  insert_child(parent, at + 1, separator, right);
}

void KeyIndex::make_room(Place& place, std::string_view key) {
  if (!full(*place.leaf, key.size())) return;
  if (place.path.empty()) {
    grow_root();
    place.path.push_back({&as_inner(*root_), 0});
  }
  Step& step = place.path.back();
  Leaf& left = *place.leaf;
  // A key behind the last one is probably the next of a sequence: start a new leaf and leave this one full.
  const bool at_end = place.at == left.size();
  const std::size_t from = at_end ? left.size() : left.size() / 2;
  split_leaf(*step.inner, step.at, from, at_end ? key : left.keys[from]);
  if (at_end || key >= step.inner->separators[step.at]) {
    ++step.at;
    place.leaf = &as_leaf(*step.inner->children[step.at]);
    place.at = place.leaf->keys.lower_bound(key);
  }
}

void KeyIndex::add_up(const Place& place, const Totals& before) {
  for (const Step& step : place.path) exchange(step.inner->totals[step.at], before, place.leaf->totals);
}

void KeyIndex::erase(const Place& place) {
  Leaf& leaf = *place.leaf;
  const Totals before = leaf.totals;
  Entry& entry = leaf.entries[place.at];
  exchange(leaf.totals, weight(entry), Totals{});
  std::copy(&entry + 1, &leaf.entries[0] + leaf.size(), &entry);
  leaf.keys.erase(place.at);
  add_up(place, before);
  for (std::size_t level = place.path.size(); level > 0; --level) {
    rebalance(*place.path[level - 1].inner, place.path[level - 1].at);
  }
  while (root_ != nullptr && !root_->leaf && as_inner(*root_).size <= 1) {
    Node* const old = root_;
    root_ = as_inner(*old).size == 1 ? as_inner(*old).children[0] : nullptr;
    retire(old);
  }
}

void KeyIndex::erase_child(Inner& parent, std::size_t at) {
  if (parent.size > 1) parent.separators.erase(at == 0 ? 0 : at - 1);
  std::copy(&parent.children[0] + at + 1, &parent.children[0] + parent.size, &parent.children[0] + at);
  std::copy(&parent.totals[0] + at + 1, &parent.totals[0] + parent.size, &parent.totals[0] + at);
  --parent.size;
}

void KeyIndex::rebalance(Inner& parent, std::size_t at) {
  const Node& child = *parent.children[at];
  const std::size_t size = child.leaf ? as_leaf(child).size() : as_inner(child).size;
  if (size >= kFanout / 4) return;
  if (size == 0) {
    retire(parent.children[at]);
    erase_child(parent, at);
    return;
  }
  if (at + 1 < parent.size && join(parent, at)) return;
  if (at > 0) join(parent, at - 1);
}

bool KeyIndex::join(Inner& parent, std::size_t left_at) {
  // A joined node keeps room, or the next insert would split it again.
  constexpr std::size_t kJoinedMax = kFanout * 3 / 4;
  Node* const right = parent.children[left_at + 1];
  if (right->leaf) {
    const Leaf& from = as_leaf(*right);
    const Leaf& into = as_leaf(*parent.children[left_at]);
    if (into.size() + from.size() > kJoinedMax || into.keys.bytes() + from.keys.bytes() > kLeafKeyBytesMax) {
      return false;
    }
    parent.children[left_at] = own(parent.children[left_at]);
    Leaf& target = as_leaf(*parent.children[left_at]);
    std::copy_n(from.entries.begin(), from.size(), target.entries.begin() + target.size());
    target.keys.append(from.keys);
    target.totals += from.totals;
  } else {
    const Inner& from = as_inner(*right);
    if (as_inner(*parent.children[left_at]).size + from.size > kJoinedMax) return false;
    parent.children[left_at] = own(parent.children[left_at]);
    Inner& target = as_inner(*parent.children[left_at]);
    target.separators.insert(target.separators.size(), parent.separators[left_at]);
    target.separators.append(from.separators);
    std::copy_n(from.children.begin(), from.size, &target.children[target.size]);
    std::copy_n(from.totals.begin(), from.size, &target.totals[target.size]);
    target.size += from.size;
  }
  parent.totals[left_at] += parent.totals[left_at + 1];
  retire(right);
  erase_child(parent, left_at + 1);
  return true;
}

}  // namespace kv
