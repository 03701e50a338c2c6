// Looking until something is so.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/kvctl/command.h"

namespace tools::kvctl {

/// Done (nothing), or what is still missing; a failure ends the waiting, unless it may pass.
using Look = std::function<Outcome<std::optional<std::string>>(Client& client)>;

/// Looks again and again, for --timeout at most; 0: for ever. Failure: kExitTimeout, saying what was missing.
Outcome<ExitCode> wait_until(Context& context, const Look& look);

}  // namespace tools::kvctl
