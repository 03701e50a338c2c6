// watch -i: watches that are asked for line by line, as etcdctl's.
#pragma once

#include "tools/kvctl/command.h"

namespace tools::kvctl {

/// Reads `watch ...` and `progress` from standard input until that ends, which ends all watches. A line that
/// cannot be followed is told and passed over; so is a watch that ends by a failure. The exit code: 0, or
/// that of the last watch that failed, or of its command.
Outcome<ExitCode> run_watch_dialogue(const Context& context);

}  // namespace tools::kvctl
