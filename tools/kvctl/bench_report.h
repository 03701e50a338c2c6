// A benchmark's result, for people and for programs.
#pragma once

#include <ostream>

#include "tools/kvctl/bench_load.h"

namespace tools::kvctl {

/// Latencies in milliseconds. Failure: kExitUsage for a format that there is not.
Outcome<void> print(std::ostream& out, const BenchPlan& plan, const Settings& settings,
                    const BenchResult& result);

}  // namespace tools::kvctl
