// A closed loop of calls on many streams, measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tools/common/histogram.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/bench_plan.h"
#include "tools/kvctl/client.h"

namespace tools::kvctl {

struct BenchResult {
  Histogram latency_ns;  ///< of the calls that succeeded, or of the events
  std::uint64_t failures = 0;
  std::map<std::string, std::uint64_t> failure_texts;
  std::chrono::duration<double> elapsed{};  ///< warm-up excluded

  [[nodiscard]] double per_second() const;
};

/// Runs the plan to its end, on connections of its own, where `client` would connect and as whom. `progress`
/// is called now and then with the calls done so far. Failure: no connection comes about, or no call is
/// answered any more.
Outcome<std::unique_ptr<BenchResult>> run_bench(const BenchPlan& plan, Client& client,
                                                const std::function<void(std::uint64_t)>& progress);

}  // namespace tools::kvctl
