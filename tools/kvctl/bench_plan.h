// What a benchmark does.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools::kvctl {

enum class BenchOperation { kPuts, kGets, kTxns, kRanges, kLeaseGrants, kLeaseKeepAlives, kWatches };

struct BenchPlan {
  BenchOperation operation = BenchOperation::kPuts;
  std::size_t connections = 8;
  std::size_t streams = 16;  ///< calls under way on each connection
  std::size_t threads = 1;
  std::size_t key_bytes = 16;
  std::size_t value_bytes = 256;
  std::uint64_t key_space = 100000;
  std::int64_t range_limit = 100;
  std::int64_t ttl = 60;    ///< seconds; of leases
  std::size_t writers = 1;  ///< puts under way that watchers are to see
  bool sequential = false;
  bool serializable = false;
  std::string prefix = "bench/";
  std::uint64_t total = 0;  ///< calls that count; 0: as many as the duration lets through
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds warm_up{};  ///< calls before it is over do not count
};

std::span<const OptionSpec> bench_options();
Outcome<BenchPlan> read_bench_plan(const Parsed& options);
std::string_view name(BenchOperation operation);
/// What is counted: "calls" or "events".
std::string_view counted(BenchOperation operation);

/// The requests of one plan but keep-alives and watches: serialized once, then only the key is written into a
/// copy. Thread: make() any.
class RequestMold {
 public:
  explicit RequestMold(const BenchPlan& plan);

  [[nodiscard]] std::string_view path() const { return path_; }
  /// The request for key number `number` of the key space.
  [[nodiscard]] std::string make(std::uint64_t number) const;
  /// Its key.
  [[nodiscard]] std::string key(std::uint64_t number) const;

 private:
  void write_digits(char* end, std::uint64_t number) const;

  std::string path_;
  std::string prefix_;
  std::size_t digits_;
  std::string mold_;
  std::vector<std::size_t> digits_at_;  // places of the key's digits in mold_
};

}  // namespace tools::kvctl
