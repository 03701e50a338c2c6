// watch: the changes of a key or a range, as they happen and from any kept revision.
#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/watch_dialogue.h"
#include "tools/kvctl/watch_events.h"
#include "tools/kvctl/watch_request.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::WatchResponse;

constexpr std::array kDialogueOptions = {
    OptionSpec{.name = "interactive",
               .letter = 'i',
               .help = "read watches, and questions for progress, from standard input"},
};
constexpr auto kCommandOptions = concat(kWatchOptions, kDialogueOptions);

Outcome<ExitCode> run_watch(Context& context) {
  if (context.settings.format == Format::kTable) return no_format("table");
  if (context.options.on("interactive")) return run_watch_dialogue(context);
  TRY_ASSIGN(const WatchWords words, read_watch(context.options));
  const std::int64_t limit = words.limit;
  // A watch without an end has no timeout; one with an end has it only where it was asked for.
  const auto patience = context.settings.timeout;
  const bool timed = limit != 0 && context.options.given("timeout") && patience.count() != 0;
  const SteadyTime deadline = timed ? std::chrono::steady_clock::now() + patience : SteadyTime::max();
  Bell bell;
  Watcher watcher(context.client, context.dialer, bell, context.notices(), words.watch);
  TRY_ASSIGN(const WatchEnding ending,
             print_events(watcher, limit, deadline, {}, [&context](const WatchResponse& response) {
               return tell_events(context, context.command, response);
             }));
  if (ending.exit != 0) return static_cast<ExitCode>(ending.exit);
  if (limit == 0 || ending.seen >= limit) return kExitOk;
  return refuse(kExitTimeout, "only " + std::to_string(ending.seen) + " of " + std::to_string(limit) +
                                  " events within the timeout");
}

}  // namespace

Command watch_command() {
  return {
      .spec = {.name = "watch",
               .arguments = "KEY [RANGE_END] [-- CMD [ARG ...]]",
               .summary = "Print the changes of a key, or of a range, as they happen; run CMD for each.",
               .details =
                   "Goes on over lost connections and changes of leader, without a gap and without an\n"
                   "event twice. Exits 79 when the revision to watch from is compacted. With --once or\n"
                   "--count, --timeout limits the whole, where it is given: exit 124.\n"
                   "CMD finds the event in KV_TYPE, KV_KEY, KV_VALUE, KV_PREV_VALUE and KV_REV, in\n"
                   "etcdctl's ETCD_WATCH_*, and as a line of JSON on standard input. The first CMD\n"
                   "that fails ends the watch with its exit code.\n"
                   "With -i each line of standard input is `watch [OPTION ...] KEY [RANGE_END] [-- CMD\n"
                   "[ARG ...]]`, one watch more, or `progress`: each watch then says up to which revision\n"
                   "it has printed everything. The end of the input ends them all.",
               .options = kCommandOptions,
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
