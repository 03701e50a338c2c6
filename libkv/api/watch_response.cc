#include "libkv/api/watch_response.h"

#include <span>

#include "libkv/api/convert.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/mvcc/wire_sink.h"

namespace kv::api {
namespace {

/// WatchResponse.events: field 11, length-delimited.
constexpr char kEventTag = 11 << 3 | 2;

std::string reason_of(WatchRefusal refusal) {
  switch (refusal) {
    case WatchRefusal::kDuplicateId:
      return "mvcc: duplicate watch ID provided on the WatchStream";
    case WatchRefusal::kEmptyRange:
      return "mvcc: watcher range is empty";
    case WatchRefusal::kBadRevision:
      return "etcdserver: mvcc: required revision has been compacted";
    case WatchRefusal::kTooManyWatches:
      return "kvd: too many watches on the stream";
    case WatchRefusal::kNotAllowed:
      break;  // WatchCreated::reason
  }
  return {};
}

etcdserverpb::WatchResponse response_of(const Header& header, std::int64_t watch_id) {
  etcdserverpb::WatchResponse response;
  fill(header.origin, header.revision, *response.mutable_header());
  response.set_watch_id(watch_id);
  return response;
}

std::size_t size_of(std::string_view event) {
  return 1 + varint_size(event.size()) + event.size();
}

void append_event(std::string_view event, std::string& out) {
  out += kEventTag;
  std::uint64_t size = event.size();
  for (; size >= 0x80; size >>= 7U) out += static_cast<char>(size | 0x80U);
  out += static_cast<char>(size);
  out += event;
}

/// Protobuf's fields may follow in any order of messages put together: the events go behind the rest.
std::string with_events(etcdserverpb::WatchResponse& head, bool fragment,
                        std::span<const std::string_view> events) {
  head.set_fragment(fragment);
  std::string bytes = head.SerializeAsString();
  std::size_t size = bytes.size();
  for (const std::string_view event : events) size += size_of(event);
  bytes.reserve(size);
  for (const std::string_view event : events) append_event(event, bytes);
  return bytes;
}

/// How many of `events` go into one fragment: at least one.
std::size_t fragment_of(std::span<const std::string_view> events, std::size_t head_bytes, std::size_t limit) {
  std::size_t bytes = head_bytes;
  for (std::size_t count = 0; count < events.size(); ++count) {
    bytes += size_of(events[count]);
    if (count > 0 && bytes >= limit) return count;
  }
  return events.size();
}

}  // namespace

std::string encode(const Header& header, const WatchCreated& created) {
  etcdserverpb::WatchResponse response = response_of(header, created.watch_id);
  response.set_created(true);
  if (created.refused) {
    response.set_canceled(true);
    response.set_cancel_reason(*created.refused == WatchRefusal::kNotAllowed ? created.reason
                                                                             : reason_of(*created.refused));
  }
  return response.SerializeAsString();
}

std::string encode(const Header& header, const WatchCanceled& canceled) {
  etcdserverpb::WatchResponse response = response_of(header, canceled.watch_id);
  response.set_canceled(true);
  response.set_compact_revision(canceled.compacted);
  return response.SerializeAsString();
}

std::string encode_progress(const Header& header, std::int64_t watch_id) {
  return response_of(header, watch_id).SerializeAsString();
}

void encode_events(const Header& header, const WatchEvents& events, std::size_t fragment_bytes,
                   const std::function<void(std::string)>& send) {
  std::vector<std::string_view> messages;
  messages.reserve(events.events.size());
  std::size_t size = 0;
  for (const Event* event : events.events) {
    messages.push_back(event->message(events.request->prev_kv));
    size += size_of(messages.back());
  }
  etcdserverpb::WatchResponse head = response_of(header, events.watch_id);
  const std::size_t head_bytes = head.ByteSizeLong();
  if (!events.request->fragment || head_bytes + size < fragment_bytes) {
    return send(with_events(head, false, messages));
  }
  constexpr std::size_t kFragmentFlagBytes = 2;
  std::span<const std::string_view> left = messages;
  while (!left.empty()) {
    const std::size_t count = fragment_of(left, head_bytes + kFragmentFlagBytes, fragment_bytes);
    send(with_events(head, count < left.size(), left.first(count)));
    left = left.subspan(count);
  }
}

}  // namespace kv::api
