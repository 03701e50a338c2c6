#include "libkv/api/key_spans.h"

#include <algorithm>
#include <iterator>

namespace kv::api {

void KeySpans::add(std::string_view key, std::string_view range_end) {
  constexpr std::string_view kEndless("\0", 1);
  if (range_end.empty()) return merge({key, false}, Place{key, true});
  if (range_end == kEndless) return merge({key, false}, std::nullopt);
  if (key < range_end) merge({key, false}, Place{range_end, false});
}

void KeySpans::add(const KeySpans& other) {
  for (const auto& [first, last] : other.spans_) merge(first, last);
}

void KeySpans::merge(Place first, End last) {
  auto next = spans_.upper_bound(first);
  if (next != spans_.begin()) {
    const auto before = std::prev(next);
    if (!before->second) return;  // everything from there on is in already
    if (*before->second >= first) {
      first = before->first;
      if (last) last = std::max(last, before->second);
      spans_.erase(before);
    }
  }
  while (next != spans_.end() && (!last || next->first <= *last)) {
    if (last) last = next->second ? std::max(last, next->second) : std::nullopt;
    next = spans_.erase(next);
  }
  spans_.emplace(first, last);
}

bool KeySpans::contains(std::string_view key) const {
  const auto next = spans_.upper_bound(Place{key, false});
  if (next == spans_.begin()) return false;
  const auto& [first, last] = *std::prev(next);
  return !last || Place{key, false} < *last;
}

}  // namespace kv::api
