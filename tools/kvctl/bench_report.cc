#include "tools/kvctl/bench_report.h"

#include <array>
#include <cstdio>

#include "tools/common/json_writer.h"

namespace tools::kvctl {
namespace {

struct Quantile {
  std::string_view name;
  double fraction;
};
constexpr std::array kQuantiles = {Quantile{"p50", 0.5}, Quantile{"p90", 0.9}, Quantile{"p99", 0.99},
                                   Quantile{"p99.9", 0.999}};

double in_milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

void print_simple(std::ostream& out, const BenchPlan& plan, const BenchResult& result) {
  const Histogram& latency = result.latency_ns;
  const std::string_view what = counted(plan.operation);
  out << name(plan.operation) << ": " << latency.count() << ' ' << what << " in "
      << fixed(result.elapsed.count(), 3) << " s, " << fixed(result.per_second(), 0) << ' ' << what << "/s, "
      << result.failures << " failed\n";
  out << "latency ms: mean " << fixed(latency.mean() / 1e6, 3);
  for (const auto& [quantile_name, fraction] : kQuantiles) {
    out << ", " << quantile_name << ' ' << fixed(in_milliseconds(latency.quantile(fraction)), 3);
  }
  out << ", max " << fixed(in_milliseconds(latency.maximum()), 3) << '\n';
  for (const auto& [text, count] : result.failure_texts)
    out << "failed " << count << " times: " << text << '\n';
}

void print_json(std::ostream& out, const BenchPlan& plan, const Settings& settings,
                const BenchResult& result) {
  JsonWriter json;
  json.begin_object().key("operation").string(name(plan.operation)).key("endpoints").begin_array();
  for (const Endpoint& endpoint : settings.endpoints) json.string(endpoint.text);
  json.end_array();
  json.key("connections").unsigned_number(plan.connections).key("streams").unsigned_number(plan.streams);
  json.key("threads").unsigned_number(plan.threads).key("key_size").unsigned_number(plan.key_bytes);
  json.key("val_size").unsigned_number(plan.value_bytes).key("key_space").unsigned_number(plan.key_space);
  json.key("sequential").boolean(plan.sequential).key("serializable").boolean(plan.serializable);
  if (plan.operation == BenchOperation::kWatches) json.key("writers").unsigned_number(plan.writers);
  const std::string what(counted(plan.operation));
  json.key(what).unsigned_number(result.latency_ns.count());
  json.key("failures").unsigned_number(result.failures).key("seconds").real(result.elapsed.count(), 6);
  json.key(what + "_per_second").real(result.per_second(), 1);
  json.key("latency_ms").begin_object().key("mean").real(result.latency_ns.mean() / 1e6, 6);
  for (const auto& [quantile_name, fraction] : kQuantiles) {
    json.key(quantile_name).real(in_milliseconds(result.latency_ns.quantile(fraction)), 6);
  }
  json.key("max").real(in_milliseconds(result.latency_ns.maximum()), 6).end_object();
  json.key("errors").begin_object();
  for (const auto& [text, count] : result.failure_texts) json.key(text).unsigned_number(count);
  out << json.end_object().end_object().text() << '\n';
}

}  // namespace

Outcome<void> print(std::ostream& out, const BenchPlan& plan, const Settings& settings,
                    const BenchResult& result) {
  switch (settings.format) {
    case Format::kSimple:
      print_simple(out, plan, result);
      return {};
    case Format::kJson:
    case Format::kJsonl:
      print_json(out, plan, settings, result);
      return {};
    case Format::kRaw:
    case Format::kFields:
    case Format::kTable:
      break;
  }
  return refuse_usage("bench prints simple or json");
}

}  // namespace tools::kvctl
