#include "libkv/mvcc/generation.h"

#include <algorithm>

#include "libraft/base/check.h"

namespace kv {
GenerationList::~GenerationList() {
  for (const Generation& generation : live_) {
    for (const Retired& item : generation.replaced) free_item(item);
  }
}

GenerationPin GenerationList::open(EditNumber number, std::int64_t compacted, std::vector<Retired> retired) {
  RAFT_CHECK(live_.empty() || live_.back().number < number);
  hand_over(retired, live_.size());
  live_.push_back({.number = number, .compacted = compacted, .pin = {}, .replaced = {}});
  return live_.back().pin;
}

void GenerationList::sweep() {
  // Ascending: when a generation ends, the older ones left in the list are the live ones.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < live_.size(); ++i) {
    if (live_[i].pin.released()) {
      hand_over(live_[i].replaced, kept);
      continue;
    }
    if (kept != i) live_[kept] = std::move(live_[i]);
    ++kept;
  }
  live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(kept), live_.end());
}

void GenerationList::hand_over(std::vector<Retired>& items, std::size_t at) {
  for (const Retired& item : items) {
    if (at != 0 && live_[at - 1].number >= item.birth()) {
      live_[at - 1].replaced.push_back(item);
    } else {
      free_item(item);
    }
  }
  items.clear();
}

std::int64_t GenerationList::oldest_compacted() const {
  RAFT_CHECK(!live_.empty());
  std::int64_t oldest = live_.front().compacted;
  for (const Generation& generation : live_) oldest = std::min(oldest, generation.compacted);
  return oldest;
}

std::size_t GenerationList::waiting() const {
  std::size_t count = 0;
  for (const Generation& generation : live_) count += generation.replaced.size();
  return count;
}

void GenerationList::free_item(const Retired& item) {
  if (item.node != nullptr) pool_.free(item.node);
  if (item.chunk != nullptr) NodePool::free(item.chunk);
}

}  // namespace kv
