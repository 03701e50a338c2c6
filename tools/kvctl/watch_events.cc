#include "tools/kvctl/watch_events.h"

#include "tools/kvctl/output.h"
#include "tools/kvctl/watch_command.h"

namespace tools::kvctl {

Outcome<WatchEnding> print_events(Watcher& watcher, std::int64_t limit, SteadyTime deadline,
                                  const Condition& stop, const TellEvents& tell) {
  WatchEnding ending;
  while (limit == 0 || ending.seen < limit) {
    TRY_ASSIGN(auto response, watcher.next(deadline, stop));
    if (!response) break;
    auto& events = *response->mutable_events();
    while (limit != 0 && events.size() > limit - ending.seen) events.RemoveLast();
    ending.seen += events.size();
    TRY_ASSIGN(ending.exit, tell(*response));
    if (ending.exit != 0) break;
  }
  return ending;
}

Outcome<int> tell_events(const Context& context, const std::vector<std::string>& command,
                         const etcdserverpb::WatchResponse& response) {
  TRY(print(context.io.out, style_of(context.settings), response));
  if (!context.io.out.flush()) return refuse(kExitIo, "standard output cannot be written");
  if (command.empty()) return 0;
  for (const auto& event : response.events()) {
    TRY_ASSIGN(const int exit, run_for_event(command, event, response.header().revision()));
    if (exit != 0) return exit;
  }
  return 0;
}

}  // namespace tools::kvctl
