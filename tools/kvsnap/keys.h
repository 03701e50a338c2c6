// The keys that live in a snapshot.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "tools/common/outcome.h"
#include "tools/kvsnap/input.h"

namespace tools::kvsnap {

/// The newest version of a key.
struct LiveKey {
  std::int64_t create = 0;
  std::int64_t modified = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;
  std::string value;
};

using LiveKeys = std::map<std::string, LiveKey, std::less<>>;

enum class Values { kKeep, kForget };

/// Reads all of `input` and keeps the keys that `wanted` accepts. A snapshot is in the order of history, so
/// they are held in memory until its end; it is whole when this succeeds.
Outcome<LiveKeys> live_keys(Input& input, Values values, const std::function<bool(std::string_view)>& wanted);

/// {"key":…,"value":…,"create_revision":…} on one line, as kvctl export writes and import reads it; without
/// the value when they were not kept.
std::string json_line(std::string_view key, const LiveKey& live, Values values);

}  // namespace tools::kvsnap
