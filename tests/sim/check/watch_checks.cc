#include "tests/sim/check/watch_checks.h"

#include <utility>

#include "libkv/watch/event.h"

namespace sim {
namespace {

std::string event_text(const kv::Event& event) {
  return (event.deleted ? "-" : "+") + event.key + "@" + std::to_string(event.revision.main) + "/" +
         std::to_string(event.revision.sub);
}

}  // namespace

std::vector<kv::Event> WatchChecks::expected(std::int64_t last) const {
  std::vector<kv::Event> events;
  for (kv::RevisionEvents& revision :
       kv::to_events(model_.changes(request_.key, request_.range_end, next_, last))) {
    for (kv::Event& event : revision.events) events.push_back(std::move(event));
  }
  return events;
}

bool WatchChecks::same(const kv::Event& told, const kv::Event& expected) const {
  if (told.revision != expected.revision || told.key != expected.key || told.deleted != expected.deleted)
    return false;
  if (!request_.prev_kv) return told.message(false) == expected.message(false);
  if (told.encoded == expected.encoded) return true;
  // What was there before may be gone with compacted history.
  return told.encoded == expected.message(false) && told.revision.main <= model_.compacted();
}

void WatchChecks::told(std::int64_t revision, std::span<const kv::Event> events) {
  const std::int64_t last = events.back().revision.main;
  if (revision < last) fail("the header says " + std::to_string(revision) + ", the events go on to it");
  if (events.front().revision.main < next_)
    return fail(event_text(events.front()) + " is told, but next comes " + std::to_string(next_));
  if (last > model_.revision()) return fail(event_text(events.back()) + " is told and was never applied");
  const std::vector<kv::Event> all = expected(last);
  for (std::size_t i = 0; i < all.size() && i < events.size(); ++i) {
    if (!same(events[i], all[i]))
      return fail("is told " + event_text(events[i]) + " for " + event_text(all[i]));
  }
  if (all.size() > events.size()) return fail("is not told " + event_text(all[events.size()]));
  if (all.size() < events.size()) return fail("is told " + event_text(events[all.size()]) + " for nothing");
  next_ = last + 1;
}

void WatchChecks::progress(std::int64_t revision) {
  if (revision + 1 < next_)
    return fail("is at " + std::to_string(revision) + " after it was told up to " +
                std::to_string(next_ - 1));
  if (revision > model_.revision()) return fail("is at " + std::to_string(revision) + ", which is nowhere");
  const std::vector<kv::Event> missed = expected(revision);
  if (!missed.empty())
    return fail("is at " + std::to_string(revision) + ", but was not told " + event_text(missed.front()));
  next_ = revision + 1;
}

void WatchChecks::compacted(std::int64_t revision) {
  if (next_ >= revision || revision > model_.compacted()) {
    fail("is cancelled at " + std::to_string(next_) + " as compacted up to " + std::to_string(revision));
  }
}

}  // namespace sim
