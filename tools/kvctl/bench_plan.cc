#include "tools/kvctl/bench_plan.h"

#include <algorithm>
#include <array>

#include "libkv/api/proto/rpc.pb.h"
#include "libraft/base/random.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using enum ValueKind;

constexpr std::string_view kLeaseGrantPath = "/etcdserverpb.Lease/LeaseGrant";

constexpr std::array kBenchPlanOptions = {
    OptionSpec{.name = "connections",
               .kind = kCount,
               .placeholder = "N",
               .help = "connections, spread over the endpoints",
               .fallback = "8"},
    OptionSpec{.name = "streams",
               .kind = kCount,
               .placeholder = "N",
               .help = "calls under way on each connection",
               .fallback = "16"},
    OptionSpec{
        .name = "threads", .kind = kCount, .placeholder = "N", .help = "of the generator", .fallback = "1"},
    OptionSpec{
        .name = "duration", .kind = kDuration, .placeholder = "TIME", .help = "how long", .fallback = "10s"},
    OptionSpec{
        .name = "total", .kind = kCount, .placeholder = "N", .help = "how many calls, instead of how long"},
    OptionSpec{.name = "warm-up",
               .kind = kDuration,
               .placeholder = "TIME",
               .help = "before it starts to count",
               .fallback = "500ms"},
    OptionSpec{.name = "key-size",
               .kind = kCount,
               .placeholder = "BYTES",
               .help = "of a key, prefix included",
               .fallback = "16"},
    OptionSpec{
        .name = "val-size", .kind = kCount, .placeholder = "BYTES", .help = "of a value", .fallback = "256"},
    OptionSpec{.name = "key-space",
               .kind = kCount,
               .placeholder = "N",
               .help = "how many different keys",
               .fallback = "100000"},
    OptionSpec{.name = "sequential", .help = "keys one after the other instead of at random"},
    OptionSpec{
        .name = "limit", .kind = kCount, .placeholder = "N", .help = "keys of a range", .fallback = "100"},
    OptionSpec{.name = "prefix",
               .kind = kText,
               .placeholder = "PREFIX",
               .help = "every key begins with it",
               .fallback = "bench/"},
    OptionSpec{
        .name = "ttl", .kind = kCount, .placeholder = "SECONDS", .help = "of leases", .fallback = "60"},
    OptionSpec{.name = "writers",
               .kind = kCount,
               .placeholder = "N",
               .help = "puts under way for the watchers",
               .fallback = "1"},
};

struct Limit {
  std::string_view option;
  std::int64_t least;
  std::int64_t most;
};
constexpr std::array kLimits = {
    Limit{"connections", 1, 10000}, Limit{"streams", 1, 10000},     Limit{"threads", 1, 256},
    Limit{"key-size", 1, 65536},    Limit{"val-size", 0, 64 << 20}, Limit{"key-space", 1, 1000000000000},
    Limit{"ttl", 1, 9000000000},    Limit{"writers", 1, 10000},
};

Outcome<void> check_limits(const Parsed& options) {
  for (const Limit& limit : kLimits) {
    const std::int64_t value = options.number(limit.option);
    if (value >= limit.least && value <= limit.most) continue;
    return refuse_usage("--" + std::string(limit.option) + " " + std::to_string(value) + ": must be " +
                        std::to_string(limit.least) + " to " + std::to_string(limit.most));
  }
  return {};
}

Outcome<BenchOperation> parse_operation_name(const std::string& text) {
  using enum BenchOperation;
  for (const auto operation : {kPuts, kGets, kTxns, kRanges, kLeaseGrants, kLeaseKeepAlives, kWatches}) {
    if (text == name(operation)) return operation;
  }
  return refuse_usage("\"" + text +
                      "\" is none of put, get, txn, range, lease-grant, lease-keep-alive, watch");
}

std::size_t digits_of(std::uint64_t number) {
  return std::to_string(number).size();
}

/// Bytes that do not compress, the same in every run.
std::string make_value(std::size_t size) {
  constexpr std::uint64_t kSeed = 20240229;
  raft::Random random(kSeed);
  std::string value(size, '\0');
  for (char& c : value) c = static_cast<char>(random.next() & 0xff);
  return value;
}

std::string serialize(const BenchPlan& plan, const std::string& key) {
  if (plan.operation == BenchOperation::kLeaseGrants || plan.operation == BenchOperation::kLeaseKeepAlives) {
    etcdserverpb::LeaseGrantRequest request;
    request.set_ttl(plan.ttl);
    return request.SerializeAsString();
  }
  if (plan.operation == BenchOperation::kPuts || plan.operation == BenchOperation::kWatches) {
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(make_value(plan.value_bytes));
    return request.SerializeAsString();
  }
  if (plan.operation == BenchOperation::kTxns) {
    etcdserverpb::TxnRequest request;
    auto& compare = *request.add_compare();
    compare.set_key(key);
    compare.set_target(etcdserverpb::Compare::VERSION);
    compare.set_result(etcdserverpb::Compare::GREATER);
    compare.set_version(-1);  // holds always: the cost of a compare, not its chance, is measured
    auto& put = *request.add_success()->mutable_request_put();
    put.set_key(key);
    put.set_value(make_value(plan.value_bytes));
    return request.SerializeAsString();
  }
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  request.set_serializable(plan.serializable);
  if (plan.operation == BenchOperation::kRanges) {
    request.set_range_end(prefix_end(plan.prefix));
    request.set_limit(plan.range_limit);
  }
  return request.SerializeAsString();
}

std::string_view path_of(BenchOperation operation) {
  switch (operation) {
    case BenchOperation::kPuts:
    case BenchOperation::kWatches:
      return kPut.path;
    case BenchOperation::kTxns:
      return kTxn.path;
    case BenchOperation::kGets:
    case BenchOperation::kRanges:
      return kRange.path;
    case BenchOperation::kLeaseGrants:
    case BenchOperation::kLeaseKeepAlives:
      return kLeaseGrantPath;
  }
  return {};
}

}  // namespace

std::string_view name(BenchOperation operation) {
  switch (operation) {
    case BenchOperation::kPuts:
      return "put";
    case BenchOperation::kGets:
      return "get";
    case BenchOperation::kTxns:
      return "txn";
    case BenchOperation::kRanges:
      return "range";
    case BenchOperation::kLeaseGrants:
      return "lease-grant";
    case BenchOperation::kLeaseKeepAlives:
      return "lease-keep-alive";
    case BenchOperation::kWatches:
      return "watch";
  }
  return {};
}

std::string_view counted(BenchOperation operation) {
  return operation == BenchOperation::kWatches ? "events" : "calls";
}

std::span<const OptionSpec> bench_options() {
  return kBenchPlanOptions;
}

Outcome<BenchPlan> read_bench_plan(const Parsed& options) {
  TRY(check_limits(options));
  BenchPlan plan;
  TRY_ASSIGN(plan.operation, parse_operation_name(options.arguments().at(0)));
  const auto count = [&options](std::string_view option) {
    return static_cast<std::size_t>(options.number(option));
  };
  plan.connections = count("connections");
  plan.streams = count("streams");
  plan.threads = std::min(count("threads"), plan.connections);
  plan.key_bytes = count("key-size");
  plan.value_bytes = count("val-size");
  plan.key_space = count("key-space");
  plan.range_limit = options.number("limit");
  plan.ttl = options.number("ttl");
  plan.writers = count("writers");
  plan.sequential = options.on("sequential");
  plan.serializable = options.text("consistency") == "s";
  plan.prefix = options.text("prefix");
  plan.total = count("total");
  plan.duration = options.duration("duration");
  plan.warm_up = options.duration("warm-up");
  if (plan.total > 0 && options.given("duration"))
    return refuse_usage("--total and --duration exclude each other");
  if (plan.prefix.size() + digits_of(plan.key_space - 1) > plan.key_bytes) {
    return refuse_usage("--key-size " + std::to_string(plan.key_bytes) +
                        ": too small for the prefix and the " +
                        std::to_string(digits_of(plan.key_space - 1)) + " digits of --key-space");
  }
  return plan;
}

RequestMold::RequestMold(const BenchPlan& plan)
    : path_(path_of(plan.operation)),
      prefix_(plan.prefix),
      digits_(plan.key_bytes - plan.prefix.size()),
      mold_(serialize(plan, key(0))) {
  const std::string marked = serialize(plan, prefix_ + std::string(digits_, '9'));
  for (std::size_t i = 0; i < mold_.size(); ++i) {
    if (mold_[i] == marked[i]) continue;
    digits_at_.push_back(i);
    i += digits_ - 1;
  }
}

void RequestMold::write_digits(char* end, std::uint64_t number) const {
  for (std::size_t i = 0; i < digits_; ++i, number /= 10) *--end = static_cast<char>('0' + number % 10);
}

std::string RequestMold::make(std::uint64_t number) const {
  std::string request = mold_;
  for (const std::size_t at : digits_at_) write_digits(request.data() + at + digits_, number);
  return request;
}

std::string RequestMold::key(std::uint64_t number) const {
  std::string text = prefix_ + std::string(digits_, '0');
  write_digits(text.data() + text.size(), number);
  return text;
}

}  // namespace tools::kvctl
