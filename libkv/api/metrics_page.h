// A page in Prometheus' text format, put together metric by metric.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/api/latency.h"

namespace kv::api {

/// Series of one name must be added one after the other. Labels by name in alphabetical order.
class MetricsPage {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void histogram(std::string_view name, std::string_view help, const Latency& latency, Labels labels = {});

  [[nodiscard]] std::string text() const;

 private:
  prometheus::ClientMetric& series(std::string_view name, std::string_view help, prometheus::MetricType type,
                                   Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace kv::api
