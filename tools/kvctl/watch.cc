// watch: the changes of a key or a range, as they happen and from any kept revision.
#include <cstdlib>

#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"
#include "tools/kvctl/watch_command.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchResponse;

constexpr std::array kWatchOnlyOptions = {
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "from revision N on; 0: from now on"},
    OptionSpec{.name = "prev-kv", .help = "also what was there before each event"},
    OptionSpec{.name = "filter",
               .kind = ValueKind::kChoice,
               .placeholder = "WHAT",
               .help = "noput or nodelete: leave these events out",
               .choices = "noput|nodelete"},
    OptionSpec{.name = "progress-notify",
               .help = "also print now and then up to which revision all events have been printed"},
    OptionSpec{.name = "once", .help = "end after one event"},
    OptionSpec{.name = "count",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "end after N events; 0: never"},
};
constexpr auto kWatchOptions = concat(kSpanOptions, kWatchOnlyOptions, kKeyOptions);

/// etcdctl's way to say the key: in the environment, so that the words are left to the command.
std::vector<std::string> key_words(const Context& context) {
  std::vector<std::string> words = context.options.arguments();
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

Outcome<WatchOptions> watch_options(const Context& context) {
  const Parsed& options = context.options;
  WatchOptions watch;
  TRY_ASSIGN(watch.range, key_range(options, key_words(context)));
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

Outcome<int> run_commands(const Context& context, const WatchResponse& response) {
  for (const auto& event : response.events()) {
    TRY_ASSIGN(const int exit, run_for_event(context.command, event, response.header().revision()));
    if (exit != 0) return exit;
  }
  return 0;
}

Outcome<ExitCode> run_watch(Context& context) {
  TRY_ASSIGN(WatchOptions options, watch_options(context));
  TRY_ASSIGN(const std::int64_t limit, event_limit(context.options));
  if (context.settings.format == Format::kTable) return no_format("table");
  // A watch without an end has no timeout; one with an end has it only where it was asked for.
  const auto patience = context.settings.timeout;
  const bool timed = limit != 0 && context.options.given("timeout") && patience.count() != 0;
  const SteadyTime deadline = timed ? std::chrono::steady_clock::now() + patience : SteadyTime::max();
  Bell bell;
  Watcher watcher(context.client, context.dialer, bell, context.notices(), std::move(options));
  for (std::int64_t seen = 0; limit == 0 || seen < limit;) {
    TRY_ASSIGN(auto response, watcher.next(deadline));
    if (!response) {
      return refuse(kExitTimeout, "only " + std::to_string(seen) + " of " + std::to_string(limit) +
                                      " events within the timeout");
    }
    auto& events = *response->mutable_events();
    while (limit != 0 && events.size() > limit - seen) events.RemoveLast();
    seen += events.size();
    TRY(print(context.io.out, style_of(context.settings), *response));
    if (!context.io.out.flush()) return refuse(kExitIo, "standard output cannot be written");
    if (context.command.empty()) continue;
    TRY_ASSIGN(const int exit, run_commands(context, *response));
    if (exit != 0) return static_cast<ExitCode>(exit);
  }
  return kExitOk;
}

}  // namespace

Command watch_command() {
  return {.spec = {.name = "watch",
                   .arguments = "KEY [RANGE_END] [-- CMD [ARG ...]]",
                   .summary = "Print the changes of a key, or of a range, as they happen; run CMD for each.",
                   .details =
                       "Goes on over lost connections and changes of leader, without a gap and without an\n"
                       "event twice. Exits 79 when the revision to watch from is compacted. With --once or\n"
                       "--count, --timeout limits the whole, where it is given: exit 124.\n"
                       "CMD finds the event in KV_TYPE, KV_KEY, KV_VALUE, KV_PREV_VALUE and KV_REV, in\n"
                       "etcdctl's ETCD_WATCH_*, and as a line of JSON on standard input. The first CMD\n"
                       "that fails ends the watch with its exit code.",
                   .options = kWatchOptions,
                   .examples = "kvctl watch cfg/ --prefix\n"
                               "kvctl watch ready --once --timeout 60s\n"
                               "kvctl watch cfg/ --prefix -w jsonl | jq -r .key\n"
                               "kvctl watch cfg/ --prefix -- systemctl reload app",
                   .arguments_min = 0,
                   .arguments_max = 2,
                   .runs_command = true},
          .run = run_watch};
}

}  // namespace tools::kvctl
