// Many watchers of the same keys, and a few writers: what fan-out costs, measured.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "tools/kvctl/bench_load.h"

namespace tools::kvctl {

/// Every connection carries `streams` watches of the whole prefix, each on a call of its own; `writers` puts
/// are under way at any time. A latency is that of an event: from when its put was sent until a watcher had
/// it. Events that a watcher did not get, or got more often than once, count as failures. `progress`: as in
/// run_bench, with events. Failure: also when a watch is refused.
Outcome<std::unique_ptr<BenchResult>> run_watch_bench(const BenchPlan& plan, Client& client,
                                                      const std::function<void(std::uint64_t)>& progress);

}  // namespace tools::kvctl
