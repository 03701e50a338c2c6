#include "tools/common/progress.h"
#include "tools/kvctl/bench_load.h"
#include "tools/kvctl/bench_plan.h"
#include "tools/kvctl/bench_report.h"
#include "tools/kvctl/bench_watch.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

Outcome<ExitCode> measure(Context& context) {
  TRY_ASSIGN(const BenchPlan plan, read_bench_plan(context.options));
  std::unique_ptr<BenchResult> result;
  {
    Progress progress(context.progress(), "measuring", std::string(counted(plan.operation)));
    // How many events a number of puts makes is not known before they are seen.
    const bool watch = plan.operation == BenchOperation::kWatches;
    const std::uint64_t total = watch ? 0 : plan.total;
    const auto run = watch ? run_watch_bench : run_bench;
    TRY_ASSIGN(result, run(plan, context.client, [&](std::uint64_t done) { progress.update(done, total); }));
  }
  TRY(print(context.io.out, plan, context.settings, *result));
  return result->failures == 0 ? kExitOk : kExitNo;
}

}  // namespace

Command bench_command() {
  return {
      .spec = {.name = "bench",
               .arguments = "put|get|txn|range|lease-grant|lease-keep-alive|watch",
               .summary = "Load a cluster, and measure how many calls it answers and how fast.",
               .details = "Writes under --prefix; what it wrote stays, but leases end after --ttl. Reads\n"
                          "find what put --sequential wrote before. watch has a watch of all of --prefix\n"
                          "on each stream, and counts the events of the puts that --writers keep under\n"
                          "way: their latency is from the put's start until a watcher has it. --endpoints\n"
                          "are used in turn, --timeout is how long no call at all may be answered. Exits\n"
                          "1 when calls failed, or an event did not come exactly once.",
               .options = bench_options(),
               .examples = "kvctl bench put --sequential --total 100000\n"
                           "kvctl bench get --consistency s --duration 30s -w json\n"
                           "kvctl bench watch --connections 100 --streams 10 --writers 4\n"
                           "kvctl del bench/ --prefix",
               .arguments_min = 1,
               .arguments_max = 1},
      .run = measure};
}

}  // namespace tools::kvctl
