// A watch and its stream, as the hub keeps them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "libkv/mvcc/key_range.h"
#include "libkv/watch/watches.h"

namespace kv {

struct WatchedStream;
struct Watcher;

/// Where a watcher stands. Exactly one of them.
enum class Place : std::uint8_t {
  kLive,     ///< told everything up to the newest revision
  kBehind,   ///< to be caught up as soon as its turn comes
  kReading,  ///< waits for history from disk
  kParked    ///< its stream is full
};
inline constexpr std::size_t kPlaces = 4;

using WatcherList = std::list<Watcher*>;

struct Watcher {
  Watcher(WatchedStream& of, WatchRequest what)
      : stream(&of), request(std::move(what)), range(key_range(request.key, request.range_end)) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  [[nodiscard]] bool wants(const Event& event) const {
    return event.deleted ? !request.no_deletes : !request.no_puts;
  }

  WatchedStream* const stream;
  const WatchRequest request;
  const KeyRange range;   // views into request
  std::int64_t next = 0;  // nothing older is told any more; when not live, nothing from here on was told
  bool told = false;      // events, since the last progress by interval
  std::vector<const Event*> matched;  // of the revisions at hand; empty in between

  // Of Places and of WatchIndex.
  Place place = Place::kLive;
  WatcherList::iterator position;
  std::size_t slot = 0;
};

struct WatchedStream {
  std::uint64_t id = 0;
  std::shared_ptr<WatchSink> sink;  // shared with its owner and with calls under way there
  WatchStreamOptions options;
  std::map<std::int64_t, std::unique_ptr<Watcher>> watchers;
  std::int64_t next_watch_id = 0;
  std::size_t key_bytes = 0;                            // of the watchers' requests
  bool full = false;                                    // until the sink's queue has halved
  std::chrono::steady_clock::time_point progress_at{};  // the next one by interval; zero: not yet set
  std::chrono::steady_clock::duration progress_pause{};
};

}  // namespace kv
