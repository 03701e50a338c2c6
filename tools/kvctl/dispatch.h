// From a command line to a command.
#pragma once

#include <string>
#include <vector>

#include "tools/common/options.h"
#include "tools/kvctl/io.h"

namespace tools::kvctl {

/// Runs `words` (the command line without the program's name) and gives the exit code.
int run(std::vector<std::string> words, const Environment& environment, Io& io);

/// `kvctl help` with its arguments: the overview, or the page of a command; kExitUsage when there is none.
Outcome<std::string> help_page(const std::vector<std::string>& arguments);

}  // namespace tools::kvctl
