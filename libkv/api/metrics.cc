#include "libkv/api/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "libkv/api/context.h"
#include "libkv/api/process_stats.h"

namespace kv::api {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using Labels = std::map<std::string, std::string>;

constexpr std::size_t kCodes = 17;

/// The series of one method, found by path without building labels.
struct MethodSeries {
  Counter* started = nullptr;
  std::array<Counter*, kCodes> handled{};
};

/// A gauge whose value is only known when the page is asked for.
class Gauges {
 public:
  explicit Gauges(prometheus::Registry& registry) : registry_(registry) {}

  void set(const std::string& name, double value, const Labels& labels = {}) {
    auto [family, fresh] = families_.try_emplace(name, nullptr);
    if (fresh) family->second = &prometheus::BuildGauge().Name(name).Help(name).Register(registry_);
    family->second->Add(labels).Set(value);
  }

 private:
  prometheus::Registry& registry_;
  std::map<std::string, prometheus::Family<Gauge>*> families_;
};

/// Counters that grow elsewhere; the page shows where they stand.
class Totals {
 public:
  explicit Totals(prometheus::Registry& registry) : registry_(registry) {}

  void set(const std::string& name, double value, const Labels& labels = {}) {
    auto [family, fresh] = families_.try_emplace(name, nullptr);
    if (fresh) family->second = &prometheus::BuildCounter().Name(name).Help(name).Register(registry_);
    Counter& counter = family->second->Add(labels);
    if (value > counter.Value()) counter.Increment(value - counter.Value());
  }

 private:
  prometheus::Registry& registry_;
  std::map<std::string, prometheus::Family<Counter>*> families_;
};

class PrometheusMetrics final : public Metrics {
 public:
  PrometheusMetrics()
      : started_(prometheus::BuildCounter()
                     .Name("grpc_server_started_total")
                     .Help("Calls started.")
                     .Register(registry_)),
        handled_(prometheus::BuildCounter()
                     .Name("grpc_server_handled_total")
                     .Help("Calls answered, by code.")
                     .Register(registry_)),
        received_(prometheus::BuildCounter()
                      .Name("etcd_network_client_grpc_received_bytes_total")
                      .Help("Bytes received from clients.")
                      .Register(registry_)
                      .Add({})),
        sent_(prometheus::BuildCounter()
                  .Name("etcd_network_client_grpc_sent_bytes_total")
                  .Help("Bytes sent to clients.")
                  .Register(registry_)
                  .Add({})),
        gauges_(registry_),
        totals_(registry_) {}

  rpc::ServerObserver observer() override {
    return {.started = [this](std::string_view path) { series(path).started->Increment(); },
            .handled =
                [this](std::string_view path, rpc::Code code, std::chrono::nanoseconds) {
                  series(path).handled.at(static_cast<std::size_t>(code))->Increment();
                },
            .bytes =
                [this](std::size_t received, std::size_t sent) {
                  received_.Increment(static_cast<double>(received));
                  sent_.Increment(static_cast<double>(sent));
                }};
  }

  std::string page(const KvServer& server, const std::vector<PeerMetrics>& peers) override {
    std::lock_guard lock(page_mutex_);
    update_server(server);
    for (const PeerMetrics& peer : peers) {
      totals_.set("etcd_network_peer_sent_bytes_total", static_cast<double>(peer.bytes_sent),
                  {{"To", peer.peer}});
      totals_.set("etcd_network_peer_sent_failures_total", static_cast<double>(peer.send_failures),
                  {{"To", peer.peer}});
      totals_.set("etcd_network_peer_received_bytes_total", static_cast<double>(peer.bytes_received),
                  {{"From", peer.peer}});
    }
    update_process();
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  MethodSeries& series(std::string_view path) {
    std::lock_guard lock(series_mutex_);
    const auto known = series_.find(path);
    if (known != series_.end()) return known->second;
    // Paths come from clients: only as many of their own making are kept as there is room for.
    if (series_.size() >= kSeriesMax)
      return series_.try_emplace("/unknown/unknown", make_series("/unknown/unknown")).first->second;
    return series_.emplace(std::string(path), make_series(path)).first->second;
  }

  MethodSeries make_series(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string service(path.substr(path.starts_with('/') ? 1 : 0, slash == 0 ? 0 : slash - 1));
    const std::string method(path.substr(slash + 1));
    const bool streaming = method == "Watch" || method == "LeaseKeepAlive";
    Labels labels{{"grpc_type", streaming ? "bidi_stream" : "unary"},
                  {"grpc_service", service},
                  {"grpc_method", method}};
    MethodSeries made;
    made.started = &started_.Add(labels);
    for (std::size_t code = 0; code < kCodes; ++code) {
      labels["grpc_code"] = std::string(name(static_cast<rpc::Code>(code)));
      made.handled.at(code) = &handled_.Add(labels);
    }
    return made;
  }

  void update_server(const KvServer& server) {
    const ServerStatus status = server.status();
    const bool leads = status.leader == status.member;
    gauges_.set("etcd_server_has_leader", status.leader ? 1 : 0);
    gauges_.set("etcd_server_is_leader", leads ? 1 : 0);
    gauges_.set("etcd_server_is_learner", status.learner ? 1 : 0);
    totals_.set("etcd_server_leader_changes_seen_total", static_cast<double>(status.leader_changes));
    gauges_.set("etcd_server_proposals_committed_total", static_cast<double>(status.commit.value()));
    gauges_.set("etcd_server_proposals_applied_total", static_cast<double>(status.applied.value()));
    gauges_.set("etcd_server_proposals_pending", static_cast<double>(status.proposals_pending));
    totals_.set("etcd_server_proposals_failed_total", static_cast<double>(status.proposals_failed));
    gauges_.set("etcd_mvcc_db_total_size_in_bytes", static_cast<double>(server.bytes_on_disk()));
    gauges_.set("etcd_mvcc_db_total_size_in_use_in_bytes", static_cast<double>(server.bytes_in_use()));
    const ReadView view = server.local_view();
    gauges_.set("etcd_debugging_mvcc_current_revision", static_cast<double>(view.revision()));
    gauges_.set("etcd_debugging_mvcc_compact_revision", static_cast<double>(view.compacted_revision()));
    gauges_.set("etcd_server_version", 1, {{"server_version", std::string(kEtcdVersion)}});
    gauges_.set("etcd_cluster_version", 1, {{"cluster_version", std::string(kClusterVersion.substr(0, 3))}});
  }

  void update_process() {
    const ProcessStats stats = process_stats();
    gauges_.set("process_resident_memory_bytes", stats.resident_bytes);
    gauges_.set("process_virtual_memory_bytes", stats.virtual_bytes);
    gauges_.set("process_open_fds", stats.open_files);
    gauges_.set("process_max_fds", stats.open_files_max);
    gauges_.set("process_start_time_seconds", stats.start_time_seconds);
    totals_.set("process_cpu_seconds_total", stats.cpu_seconds);
  }

  static constexpr std::size_t kSeriesMax = 256;

  prometheus::Registry registry_;
  prometheus::Family<Counter>& started_;
  prometheus::Family<Counter>& handled_;
  Counter& received_;
  Counter& sent_;
  std::mutex page_mutex_;  // guards gauges_ and totals_
  Gauges gauges_;
  Totals totals_;
  std::mutex series_mutex_;  // guards series_
  std::map<std::string, MethodSeries, std::less<>> series_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::create() {
  return std::make_unique<PrometheusMetrics>();
}

}  // namespace kv::api
