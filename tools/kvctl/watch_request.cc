#include "tools/kvctl/watch_request.h"

#include <cstdlib>

#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::WatchCreateRequest;

std::vector<std::string> key_words(const Parsed& options) {
  std::vector<std::string> words = options.arguments();
  if (!words.empty()) return words;
  for (const char* const prefix : {"KVCTL_", "ETCDCTL_"}) {
    const char* const key = std::getenv((std::string(prefix) + "WATCH_KEY").c_str());
    if (key == nullptr) continue;
    words.emplace_back(key);
    const char* const end = std::getenv((std::string(prefix) + "WATCH_RANGE_END").c_str());
    if (end != nullptr && *end != '\0') words.emplace_back(end);
    break;
  }
  return words;
}

Outcome<WatchOptions> watch_options(const Parsed& options) {
  WatchOptions watch;
  TRY_ASSIGN(watch.range, key_range(options, key_words(options)));
  const std::string& end = watch.range.range_end;
  if (!end.empty() && end != std::string(1, '\0') && end <= watch.range.key) {
    return refuse_usage("the range is empty: RANGE_END is not behind KEY");
  }
  watch.revision = options.number("rev");
  watch.prev_kv = options.on("prev-kv");
  watch.progress = options.on("progress-notify");
  if (options.given("filter")) {
    watch.filters = {options.text("filter") == "noput" ? WatchCreateRequest::NOPUT
                                                       : WatchCreateRequest::NODELETE};
  }
  return watch;
}

Outcome<std::int64_t> event_limit(const Parsed& options) {
  if (!options.on("once")) return options.number("count");
  if (options.given("count")) return refuse_usage("--once and --count exclude each other");
  return 1;
}

}  // namespace

Outcome<WatchWords> read_watch(const Parsed& options) {
  WatchWords words;
  TRY_ASSIGN(words.watch, watch_options(options));
  TRY_ASSIGN(words.limit, event_limit(options));
  return words;
}

}  // namespace tools::kvctl
