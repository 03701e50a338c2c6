#include "libkv/watch/watch_index.h"

#include <utility>

#include "libraft/base/check.h"

namespace kv {

WatchIndex::WatchIndex(std::uint64_t seed) : random_(seed) {}

WatchIndex::~WatchIndex() = default;

void WatchIndex::add(Watcher& watcher) {
  if (watcher.range.kind == KeyRange::Kind::kOne) {
    return enter(exact_.try_emplace(std::string(watcher.range.begin)).first->second, watcher);
  }
  enter(insert(root_, watcher.range), watcher);
}

void WatchIndex::remove(Watcher& watcher) {
  if (watcher.range.kind != KeyRange::Kind::kOne) return take_out(root_, watcher);
  const auto exact = exact_.find(watcher.range.begin);
  RAFT_CHECK(exact != exact_.end());
  leave(exact->second, watcher);
  if (exact->second.empty()) exact_.erase(exact);
}

void WatchIndex::enter(Group& group, Watcher& watcher) {
  watcher.slot = group.size();
  group.push_back(&watcher);
}

void WatchIndex::leave(Group& group, const Watcher& watcher) {
  RAFT_CHECK(watcher.slot < group.size() && group[watcher.slot] == &watcher);
  group[watcher.slot] = group.back();
  group[watcher.slot]->slot = watcher.slot;
  group.pop_back();
}

int WatchIndex::compare(const KeyRange& range, const Node& node) {
  if (const int begins = range.begin.compare(node.begin); begins != 0) return begins;
  const bool unbounded = range.kind == KeyRange::Kind::kFrom;
  if (unbounded || node.unbounded) return static_cast<int>(unbounded) - static_cast<int>(node.unbounded);
  return range.end.compare(node.end);
}

void WatchIndex::measure(Node& node) {
  node.furthest = &node;
  for (const Link* child : {&node.left, &node.right}) {
    if (*child == nullptr || node.furthest->unbounded) continue;
    const Node& other = *(*child)->furthest;
    if (other.unbounded || other.end > node.furthest->end) node.furthest = &other;
  }
}

/// The child at `from` takes the place of its parent.
void WatchIndex::rotate(Link& top, Link Node::* from, Link Node::* to) {
  Link child = std::move((*top).*from);
  (*top).*from = std::move((*child).*to);
  measure(*top);
  (*child).*to = std::move(top);
  top = std::move(child);
}

WatchIndex::Group& WatchIndex::insert(Link& at, const KeyRange& range) {
  if (at == nullptr) {
    at = std::make_unique<Node>();
    at->begin = range.begin;
    at->end = range.end;
    at->unbounded = range.kind == KeyRange::Kind::kFrom;
    at->priority = random_.next();
    measure(*at);
    return at->watchers;
  }
  const int order = compare(range, *at);
  if (order == 0) return at->watchers;
  Link Node::* const side = order < 0 ? &Node::left : &Node::right;
  Group& group = insert((*at).*side, range);
  if (((*at).*side)->priority > at->priority) rotate(at, side, order < 0 ? &Node::right : &Node::left);
  measure(*at);
  return group;
}

void WatchIndex::take_out(Link& at, const Watcher& watcher) {
  RAFT_CHECK(at != nullptr);
  const int order = compare(watcher.range, *at);
  if (order != 0) {
    take_out(order < 0 ? at->left : at->right, watcher);
  } else {
    leave(at->watchers, watcher);
    if (at->watchers.empty()) at = merge(std::move(at->left), std::move(at->right));
  }
  if (at != nullptr) measure(*at);
}

WatchIndex::Link WatchIndex::merge(Link left, Link right) {
  if (left == nullptr || right == nullptr) return left == nullptr ? std::move(right) : std::move(left);
  Link top = left->priority > right->priority ? std::move(left) : std::move(right);
  if (right == nullptr) {
    top->left = merge(std::move(left), std::move(top->left));
  } else {
    top->right = merge(std::move(top->right), std::move(right));
  }
  measure(*top);
  return top;
}

}  // namespace kv
