// How events reach watchers: live, from the ring, from disk.
#include <algorithm>
#include <utility>

#include "libkv/watch/hub.h"
#include "libraft/base/check.h"
#include "libraft/base/mutant.h"

namespace kv {

void Hub::applied(AppliedChanges batch) {
  RAFT_CHECK(batch.revision >= current_);
  if (batch.revision > current_) {
    if (batch.collected.how == Collect::kNothing) {
      leave_live(current_ + 1);
      current_ = batch.revision;
      ring_.restart(current_ + 1);
    } else {
      const bool with_previous = batch.collected.how == Collect::kWithPrevious;
      for (RevisionEvents& revision : to_events(std::move(batch.collected.changes))) {
        add_revision(std::move(revision), with_previous);
      }
      RAFT_CHECK(current_ == batch.revision);
    }
  }
  if (batch.compacted <= compacted_) return;
  compacted_ = batch.compacted;
  cancel_overtaken();
}

/// Should it be less far on, nobody is told again what comes from there: watchers know what comes next.
void Hub::installed(std::int64_t revision, std::int64_t compacted) {
  leave_live(current_ + 1);
  current_ = revision;
  ring_.restart(revision + 1);
  compacted_ = std::max(compacted_, compacted);
  cancel_overtaken();
}

/// Nothing is known of the revisions from `next` on.
void Hub::leave_live(std::int64_t next) {
  const WatcherList live = places_.at(Place::kLive);
  for (Watcher* watcher : live) fall_behind(*watcher, std::max(watcher->next, next));
}

void Hub::fall_behind(Watcher& watcher, std::int64_t next) {
  watcher.next = next;
  places_.move(watcher, watcher.stream->full ? Place::kParked : Place::kBehind);
}

void Hub::add_revision(RevisionEvents added, bool with_previous) {
  const RevisionEvents& revision = ring_.push(std::move(added), with_previous);
  RAFT_CHECK(revision.revision == current_ + 1);
  current_ = revision.revision;
  counts_.encoded += revision.events.size();
  match_live(revision);
  for (Watcher* watcher : touched_) {
    if ((watcher->request.prev_kv && !with_previous) || !has_room(*watcher->stream)) {
      fall_behind(*watcher, current_);
    } else {
      tell(*watcher, current_);
    }
    watcher->matched.clear();
  }
  touched_.clear();
  ring_.trim();
}

void Hub::match_live(const RevisionEvents& revision) {
  for (const Event& event : revision.events) {
    places_.live().visit(event.key, [&](Watcher& watcher) {
      if (revision.revision < watcher.next || !watcher.wants(event)) return;
      if (watcher.matched.empty()) touched_.push_back(&watcher);
      watcher.matched.push_back(&event);
    });
  }
}

void Hub::tell(Watcher& watcher, std::int64_t revision) {
  if (RAFT_MUTANT(kWatchSplitsRevision) && watcher.matched.size() > 1) {
    const Event* const last = watcher.matched.back();
    watcher.matched.pop_back();
    tell(watcher, revision);
    watcher.matched.assign(1, last);
  }
  watcher.told = true;
  counts_.events += watcher.matched.size();
  watcher.stream->sink->events({.watch_id = watcher.request.watch_id,
                                .revision = revision,
                                .request = &watcher.request,
                                .events = watcher.matched});
}

bool Hub::work() {
  const WatcherList& behind = places_.at(Place::kBehind);
  if (behind.empty()) return false;
  Watcher& watcher = *behind.front();
  if (!has_room(*watcher.stream)) {
    places_.move(watcher, Place::kParked);
  } else if (watcher.next > current_) {
    places_.move(watcher, Place::kLive);
  } else if (ring_.covers(watcher.next, watcher.request.prev_kv)) {
    serve_from_ring(watcher);
  } else if (watcher.next < compacted_) {
    cancel_compacted(watcher);
  } else {
    places_.move(watcher, Place::kReading);
  }
  return true;
}

void Hub::serve_from_ring(const Watcher& first) {
  Slice slice{.revisions = {}, .from = first.next, .to = first.next - 1};
  slice.with_previous = ring_.covers(first.next, true);
  std::size_t bytes = 0;
  while (slice.to < current_ && slice.revisions.size() < options_.limits.slice_revisions_max &&
         bytes < options_.limits.slice_bytes_max) {
    const RevisionEvents& revision = ring_.at(++slice.to);
    slice.revisions.push_back(&revision);
    bytes += revision.bytes;
  }
  serve(slice);
}

std::optional<ChangesOp> Hub::take_read() {
  const WatcherList& waiting = places_.at(Place::kReading);
  if (reading_ || waiting.empty()) return std::nullopt;
  const bool previous =
      std::ranges::any_of(waiting, [](const Watcher* watcher) { return watcher->request.prev_kv; });
  reading_ = ChangesOp{.from = waiting.front()->next,
                       .to = current_,
                       .previous = previous,
                       .revisions_max = options_.limits.slice_revisions_max,
                       .bytes_max = options_.limits.slice_bytes_max};
  return reading_;
}

void Hub::history(HistoryRead read, std::int64_t compacted) {
  RAFT_CHECK(reading_);
  const ChangesOp op = *std::exchange(reading_, std::nullopt);
  if (read) {
    const std::vector<RevisionEvents> revisions = to_events(std::move(read->changes));
    Slice slice{.revisions = {}, .from = op.from, .to = read->next - 1, .with_previous = op.previous};
    for (const RevisionEvents& revision : revisions) {
      slice.revisions.push_back(&revision);
      counts_.encoded += revision.events.size();
    }
    return serve(slice);
  }
  const WatcherList waiting = places_.at(Place::kReading);
  if (read.error().broken) {
    std::vector<StreamId> broken;
    for (const Watcher* watcher : waiting) broken.push_back(watcher->stream->id);
    for (const StreamId id : broken) {
      if (WatchedStream* stream = find(id)) end(*stream, WatchEnd::kBroken);
    }
    return;
  }
  // Compacted meanwhile, or another state was installed: who is not overtaken tries again.
  compacted_ = std::max(compacted_, compacted);
  for (Watcher* watcher : waiting) places_.move(*watcher, Place::kBehind);
  cancel_overtaken();
}

/// Late watchers, not parked, whose next revision lies in the slice.
std::vector<Watcher*> Hub::at_place_of(const Slice& slice) const {
  std::vector<Watcher*> found;
  for (const Place place : {Place::kBehind, Place::kReading}) {
    for (Watcher* watcher : places_.at(place)) {
      if (watcher->next < slice.from || watcher->next > slice.to) continue;
      if (watcher->request.prev_kv && !slice.with_previous) continue;
      found.push_back(watcher);
    }
  }
  return found;
}

void Hub::serve(const Slice& slice) {
  for (const RevisionEvents* revision : slice.revisions) {
    for (const Event& event : revision->events) {
      places_.late().visit(event.key, [&](Watcher& watcher) {
        if (watcher.place == Place::kParked || watcher.next < slice.from) return;
        if (revision->revision < watcher.next || !watcher.wants(event)) return;
        if (watcher.request.prev_kv && !slice.with_previous) return;
        watcher.matched.push_back(&event);
      });
    }
  }
  for (Watcher* watcher : at_place_of(slice)) serve_one(*watcher, slice);
}

void Hub::serve_one(Watcher& watcher, const Slice& slice) {
  if (!watcher.matched.empty() && !has_room(*watcher.stream)) {
    watcher.next = watcher.matched.front()->revision.main;
    watcher.matched = {};
    return places_.move(watcher, Place::kParked);
  }
  if (!watcher.matched.empty()) tell(watcher, current_);
  watcher.matched = {};  // of history there may be much: nothing of it stays
  watcher.next = slice.to + (RAFT_MUTANT(kWatchSkipsAtCatchUp) ? 2 : 1);
  places_.move(watcher, watcher.next > current_ ? Place::kLive : Place::kBehind);
}

bool Hub::is_overtaken(const Watcher& watcher) const {
  return watcher.next < compacted_ && !ring_.covers(watcher.next, watcher.request.prev_kv);
}

void Hub::cancel_overtaken() {
  std::vector<Watcher*> overtaken;
  for (const Place place : {Place::kBehind, Place::kReading, Place::kParked}) {
    for (Watcher* watcher : places_.at(place)) {
      if (is_overtaken(*watcher)) overtaken.push_back(watcher);
    }
  }
  for (Watcher* watcher : overtaken) cancel_compacted(*watcher);
}

}  // namespace kv
