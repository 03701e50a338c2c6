#include "libkv/api/metrics_page.h"

#include <prometheus/text_serializer.h>

namespace kv::api {

void MetricsPage::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  series(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void MetricsPage::counter(std::string_view name, std::string_view help, double value, Labels labels) {
  series(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
}

void MetricsPage::histogram(std::string_view name, std::string_view help, const Latency& latency,
                            Labels labels) {
  const Latency::Reading reading = latency.read();
  auto& histogram = series(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < reading.counts.size(); ++i) {
    count += reading.counts[i];
    if (i < latency.bounds().size())
      histogram.bucket.push_back({.cumulative_count = count, .upper_bound = latency.bounds()[i]});
  }
  histogram.sample_count = count;
  histogram.sample_sum = std::chrono::duration<double>(reading.sum).count();
}

std::string MetricsPage::text() const {
  return prometheus::TextSerializer().Serialize(families_);
}

prometheus::ClientMetric& MetricsPage::series(std::string_view name, std::string_view help,
                                              prometheus::MetricType type, Labels labels) {
  if (families_.empty() || families_.back().name != name) {
    families_.push_back({.name = std::string(name), .help = std::string(help), .type = type, .metric = {}});
  }
  auto& metric = families_.back().metric.emplace_back();
  for (auto& [label, value] : labels) metric.label.push_back({std::move(label), std::move(value)});
  return metric;
}

}  // namespace kv::api
