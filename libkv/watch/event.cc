#include "libkv/watch/event.h"

#include "libkv/mvcc/key_value_wire.h"

namespace kv {
namespace {

template <class Sink>
void describe_plain(const Change& change, Sink& sink) {
  sink.template number<1>(change.deleted ? 1 : 0);
  sink.template message<2>([&change](auto& inner) { describe(change.kv, inner); });
}

template <class Sink>
void describe_previous(const Change& change, Sink& sink) {
  if (change.previous)
    sink.template message<3>([&change](auto& inner) { describe(*change.previous, inner); });
}

Event to_event(Change&& change) {
  Event event{.revision = change.revision, .key = {}, .deleted = change.deleted};
  event.creates = !change.deleted && change.kv.create_revision == change.kv.mod_revision;
  SizeSink size;
  describe_plain(change, size);
  event.plain_bytes = size.bytes();
  describe_previous(change, size);
  event.encoded.resize(size.bytes());
  WriteSink write(event.encoded.data());
  describe_plain(change, write);
  describe_previous(change, write);
  event.key = std::move(change.kv.key);
  return event;
}

}  // namespace

std::vector<RevisionEvents> to_events(std::vector<Change> changes) {
  std::vector<RevisionEvents> all;
  for (Change& change : changes) {
    if (all.empty() || all.back().revision != change.revision.main) {
      all.push_back({.revision = change.revision.main, .events = {}, .bytes = sizeof(RevisionEvents)});
    }
    all.back().events.push_back(to_event(std::move(change)));
    all.back().bytes += all.back().events.back().bytes();
  }
  return all;
}

}  // namespace kv
