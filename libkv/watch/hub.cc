#include "libkv/watch/hub.h"

#include <algorithm>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

/// How soon a full stream is looked at again.
constexpr std::chrono::milliseconds kFullPause{5};
/// How exact progress by interval and the look for a leader are.
constexpr std::chrono::milliseconds kPauseMin{10};
constexpr std::chrono::milliseconds kPauseMax{250};

std::optional<WatchRefusal> check_request(const WatchRequest& request) {
  const KeyRange range = key_range(request.key, request.range_end);
  if (range.kind == KeyRange::Kind::kBetween && range.begin >= range.end) return WatchRefusal::kEmptyRange;
  if (request.start_revision < 0) return WatchRefusal::kBadRevision;
  return std::nullopt;
}

}  // namespace

Hub::Hub(const HubOptions& options, std::int64_t revision, std::int64_t compacted)
    : options_(options),
      random_(options.seed),
      current_(revision),
      compacted_(compacted),
      ring_(options.limits.ring_bytes_max),
      places_(random_.next()) {
  ring_.restart(revision + 1);
}

Hub::~Hub() = default;

void Hub::open(StreamId id, std::shared_ptr<WatchSink> sink, const WatchStreamOptions& options) {
  auto stream = std::make_unique<WatchedStream>();
  stream->id = id;
  stream->sink = std::move(sink);
  stream->options = options;
  const Clock::duration interval = options_.progress_interval;
  const auto tenth = static_cast<std::uint64_t>(interval.count() / 10 + 1);
  stream->progress_pause = interval + Clock::duration(random_.below(tenth));
  RAFT_CHECK(streams_.emplace(id, std::move(stream)).second);
}

WatchedStream* Hub::find(StreamId id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Hub::create(StreamId id, WatchRequest request) {
  WatchedStream* const stream = find(id);
  if (stream == nullptr) return;
  if (request.key.empty()) request.key.assign(1, '\0');
  const std::size_t key_bytes = request.key.size() + request.range_end.size();
  std::optional<WatchRefusal> refused = check_request(request);
  if (!refused && (stream->watchers.size() >= options_.limits.watches_per_stream_max ||
                   stream->key_bytes + key_bytes > options_.limits.key_bytes_per_stream_max)) {
    refused = WatchRefusal::kTooManyWatches;
  }
  std::int64_t& watch_id = request.watch_id;
  if (!refused && watch_id != 0 && stream->watchers.contains(watch_id)) refused = WatchRefusal::kDuplicateId;
  if (refused) {
    return stream->sink->created({.watch_id = kNoWatchId, .revision = current_, .refused = refused});
  }
  if (watch_id == 0) {
    while (stream->watchers.contains(stream->next_watch_id)) ++stream->next_watch_id;
    watch_id = stream->next_watch_id++;
  }
  auto watcher = std::make_unique<Watcher>(*stream, std::move(request));
  Watcher& added = *watcher;
  stream->watchers.emplace(added.request.watch_id, std::move(watcher));
  stream->key_bytes += key_bytes;
  start(added);
}

void Hub::refuse(StreamId id, std::string reason) {
  const WatchedStream* const stream = find(id);
  if (stream == nullptr) return;
  stream->sink->created({.watch_id = kNoWatchId,
                         .revision = current_,
                         .refused = WatchRefusal::kNotAllowed,
                         .reason = std::move(reason)});
}

void Hub::start(Watcher& watcher) {
  if (watcher.request.prev_kv) ++watches_with_previous_;
  const std::int64_t wanted = watcher.request.start_revision;
  watcher.next = wanted == 0 ? current_ + 1 : wanted;
  if (RAFT_MUTANT(kWatchTellsTwice) && wanted > 1) --watcher.next;
  places_.add(watcher, watcher.next > current_ ? Place::kLive : Place::kBehind);
  ++counts_.watches;
  watcher.stream->sink->created(
      {.watch_id = watcher.request.watch_id, .revision = current_, .refused = std::nullopt});
  if (watcher.place != Place::kLive && watcher.next < compacted_) cancel_compacted(watcher);
}

void Hub::remove(Watcher& watcher) {
  WatchedStream& stream = *watcher.stream;
  if (watcher.request.prev_kv) --watches_with_previous_;
  stream.key_bytes -= watcher.request.key.size() + watcher.request.range_end.size();
  places_.remove(watcher);
  --counts_.watches;
  stream.watchers.erase(watcher.request.watch_id);
}

void Hub::cancel(StreamId id, std::int64_t watch_id) {
  WatchedStream* const stream = find(id);
  if (stream == nullptr) return;
  const auto found = stream->watchers.find(watch_id);
  if (found == stream->watchers.end()) return;
  remove(*found->second);
  stream->sink->canceled({.watch_id = watch_id, .revision = current_, .compacted = 0});
}

void Hub::cancel_compacted(Watcher& watcher) {
  if (RAFT_MUTANT(kWatchCompactedNotTold)) return fall_behind(watcher, compacted_);
  const std::shared_ptr<WatchSink> sink = watcher.stream->sink;
  const std::int64_t watch_id = watcher.request.watch_id;
  remove(watcher);
  sink->canceled({.watch_id = watch_id, .revision = 0, .compacted = compacted_});
}

void Hub::ask_progress(StreamId id) {
  WatchedStream* const stream = find(id);
  if (stream == nullptr || stream->watchers.empty()) return;
  for (const auto& [watch_id, watcher] : stream->watchers) {
    if (RAFT_MUTANT(kWatchProgressEarly)) continue;
    if (watcher->place != Place::kLive || watcher->request.start_revision > current_) return;
  }
  stream->sink->progress(kNoWatchId, current_);
}

void Hub::close(StreamId id) {
  WatchedStream* const stream = find(id);
  if (stream == nullptr) return;
  while (!stream->watchers.empty()) remove(*stream->watchers.begin()->second);
  std::erase(full_, id);
  streams_.erase(id);
}

void Hub::end(WatchedStream& stream, WatchEnd why) {
  const std::shared_ptr<WatchSink> sink = stream.sink;
  close(stream.id);
  sink->ended(why);
}

void Hub::stop(WatchEnd why) {
  while (!streams_.empty()) end(*streams_.begin()->second, why);
}

std::size_t Hub::stream_bytes_max() const {
  const WatchLimits& limits = options_.limits;
  const std::size_t share = limits.streams_bytes_max / std::max<std::size_t>(1, streams_.size());
  return std::clamp(share, limits.stream_bytes_min, limits.stream_bytes_max);
}

bool Hub::has_room(WatchedStream& stream) {
  if (stream.full) return false;
  if (stream.sink->queued_bytes() < stream_bytes_max()) return true;
  stream.full = true;
  full_.push_back(stream.id);
  return false;
}

void Hub::unpark_drained() {
  std::erase_if(full_, [this](StreamId id) {
    WatchedStream& stream = *streams_.at(id);
    if (stream.sink->queued_bytes() > stream_bytes_max() / 2) return false;
    stream.full = false;
    for (const auto& [watch_id, watcher] : stream.watchers) {
      if (watcher->place == Place::kParked) places_.move(*watcher, Place::kBehind);
    }
    return true;
  });
}

void Hub::tick(Clock::time_point now, bool has_leader) {
  unpark_drained();
  for (const auto& [id, stream] : streams_) tick_progress(*stream, now);
  if (now - leader_look_ < options_.election_timeout) return;
  leader_look_ = now;
  leaderless_ticks_ = has_leader ? 0 : leaderless_ticks_ + 1;
  if (leaderless_ticks_ < kLeaderlessTicks) return;
  leaderless_ticks_ = 0;
  std::vector<WatchedStream*> lost;
  for (const auto& [id, stream] : streams_) {
    if (stream->options.needs_leader) lost.push_back(stream.get());
  }
  for (WatchedStream* stream : lost) end(*stream, WatchEnd::kNoLeader);
}

void Hub::tick_progress(WatchedStream& stream, Clock::time_point now) {
  const bool first = stream.progress_at == Clock::time_point();
  if (!first && now < stream.progress_at) return;
  stream.progress_at = now + stream.progress_pause;
  if (first || !has_room(stream)) return;
  for (const auto& [id, watcher] : stream.watchers) {
    if (!watcher->request.progress_notify) continue;
    const bool quiet = !std::exchange(watcher->told, false);
    if (quiet && watcher->place == Place::kLive && watcher->request.start_revision <= current_) {
      stream.sink->progress(id, current_);
    }
  }
}

std::optional<Hub::Clock::duration> Hub::pause() const {
  if (!full_.empty()) return kFullPause;
  if (streams_.empty()) return std::nullopt;
  const auto shortest = std::min(options_.progress_interval, options_.election_timeout);
  return std::clamp<std::chrono::milliseconds>(shortest / 20, kPauseMin, kPauseMax);
}

Collect Hub::demand() const {
  if (counts_.watches == 0) return Collect::kNothing;
  return watches_with_previous_ > 0 ? Collect::kWithPrevious : Collect::kChanges;
}

WatchCounts Hub::counts() const {
  WatchCounts counts = counts_;
  counts.streams = streams_.size();
  counts.behind = counts.watches - places_.at(Place::kLive).size();
  return counts;
}

}  // namespace kv
