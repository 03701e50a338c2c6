// The messages of a stream of watches (contract sections 3.2 to 3.5).
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "libkv/api/encode.h"
#include "libkv/watch/watches.h"

namespace kv::api {

std::string encode(const Header& header, const WatchCreated& created);
std::string encode(const Header& header, const WatchCanceled& canceled);
/// Of one watch, or of all with kNoWatchId.
std::string encode_progress(const Header& header, std::int64_t watch_id);

/// Gives `send` the response; in fragments of less than `fragment_bytes` where a single event is, when the
/// watch asked for them and it would be as large.
void encode_events(const Header& header, const WatchEvents& events, std::size_t fragment_bytes,
                   const std::function<void(std::string)>& send);

}  // namespace kv::api
