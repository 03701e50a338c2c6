// Which watcher stands where, and by which keys it is found there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "libkv/watch/watch_index.h"
#include "libkv/watch/watcher.h"

namespace kv {

/// Holds no watcher. Each is in one list and in one of the two indexes.
class Places {
 public:
  explicit Places(std::uint64_t seed) : live_(seed), late_(seed + 1) {}

  void add(Watcher& watcher, Place place) {
    watcher.place = place;
    WatcherList& list = list_of(place);
    watcher.position = list.insert(list.end(), &watcher);
    index_of(place).add(watcher);
  }
  /// To the end of that place's list.
  void move(Watcher& watcher, Place place) {
    WatcherList& list = list_of(place);
    list.splice(list.end(), list_of(watcher.place), watcher.position);
    if (&index_of(place) != &index_of(watcher.place)) {
      index_of(watcher.place).remove(watcher);
      index_of(place).add(watcher);
    }
    watcher.place = place;
  }
  void remove(Watcher& watcher) {
    index_of(watcher.place).remove(watcher);
    list_of(watcher.place).erase(watcher.position);
  }

  /// In the order in which they came.
  [[nodiscard]] const WatcherList& at(Place place) const { return lists_[static_cast<std::size_t>(place)]; }
  [[nodiscard]] const WatchIndex& live() const { return live_; }
  /// All that are not live.
  [[nodiscard]] const WatchIndex& late() const { return late_; }

 private:
  WatcherList& list_of(Place place) { return lists_[static_cast<std::size_t>(place)]; }
  WatchIndex& index_of(Place place) { return place == Place::kLive ? live_ : late_; }

  std::array<WatcherList, kPlaces> lists_;
  WatchIndex live_;
  WatchIndex late_;
};

}  // namespace kv
