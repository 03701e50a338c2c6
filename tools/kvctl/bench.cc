#include "tools/common/progress.h"
#include "tools/kvctl/bench_load.h"
#include "tools/kvctl/bench_plan.h"
#include "tools/kvctl/bench_report.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

Outcome<ExitCode> run_bench(Context& context) {
  TRY_ASSIGN(const BenchPlan plan, read_bench_plan(context.options));
  std::unique_ptr<BenchResult> result;
  {
    Progress progress(context.progress(), "measuring", "calls");
    TRY_ASSIGN(result, run_bench(plan, context.settings,
                                 [&](std::uint64_t done) { progress.update(done, plan.total); }));
  }
  TRY(print(context.io.out, plan, context.settings, *result));
  return result->failures == 0 ? kExitOk : kExitNo;
}

}  // namespace

Command bench_command() {
  return {.spec = {.name = "bench",
                   .arguments = "put|get|txn|range",
                   .summary = "Load a cluster, and measure how many calls it answers and how fast.",
                   .details = "Writes under --prefix; what it wrote stays. Reads find what put --sequential\n"
                              "wrote before. --endpoints are used in turn, --timeout is how long no call at\n"
                              "all may be answered. Exits 1 when calls failed.",
                   .options = bench_options(),
                   .examples = "kvctl bench put --sequential --total 100000\n"
                               "kvctl bench get --consistency s --duration 30s -w json\n"
                               "kvctl del bench/ --prefix",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_bench};
}

}  // namespace tools::kvctl
