// What becomes of the events of a watch: printed, and a command run for each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/kvctl/command.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {

/// How a watch came to its end without a failure.
struct WatchEnding {
  std::int64_t seen = 0;  ///< events
  int exit = 0;           ///< of the command that failed; 0: none did
};

/// The exit code of the command that was run for an event and failed; 0: go on.
using TellEvents = std::function<Outcome<int>(const etcdserverpb::WatchResponse& response)>;

/// Hands everything of the watch to `tell`, until there were `limit` events (0: for ever), `deadline` has
/// passed, `stop` holds or a command fails. Failures: those of the watch and of `tell`.
Outcome<WatchEnding> print_events(Watcher& watcher, std::int64_t limit, SteadyTime deadline,
                                  const Condition& stop, const TellEvents& tell);

/// Prints the response, and runs `command`, unless it is empty, for each event.
Outcome<int> tell_events(const Context& context, const std::vector<std::string>& command,
                         const etcdserverpb::WatchResponse& response);

}  // namespace tools::kvctl
