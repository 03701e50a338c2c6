#include "libkv/api/metrics.h"

#include <map>
#include <mutex>

#include "libkv/api/call_counters.h"
#include "libkv/api/client_versions.h"
#include "libkv/api/context.h"
#include "libkv/api/latency.h"
#include "libkv/api/metrics_page.h"
#include "libkv/api/process_stats.h"
#include "libkv/auth/auth_table.h"

namespace kv::api {
namespace {

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

void add_calls(MetricsPage& page, const CallCounters& calls) {
  const auto labels = [](const MethodCounters& method) {
    return MetricsPage::Labels{{"grpc_method", method.method()},
                               {"grpc_service", method.service()},
                               {"grpc_type", std::string(method.type)}};
  };
  for (const auto& method : calls.methods()) {
    page.counter("grpc_server_started_total", "Calls started.", number(method->started.load()),
                 labels(*method));
  }
  for (const auto& method : calls.methods()) {
    for (std::size_t code = 0; code < MethodCounters::kCodes; ++code) {
      auto with_code = labels(*method);
      with_code.emplace(with_code.begin(), "grpc_code", name(static_cast<rpc::Code>(code)));
      page.counter("grpc_server_handled_total", "Calls answered, by code.",
                   number(method->handled.at(code).load()), std::move(with_code));
    }
  }
  for (const auto& method : calls.methods()) {
    page.histogram("grpc_server_handling_seconds", "Time from a call's start to its answer.", method->took,
                   labels(*method));
  }
  page.counter("etcd_network_client_grpc_received_bytes_total", "Bytes received from clients.",
               number(calls.bytes_received()));
  page.counter("etcd_network_client_grpc_sent_bytes_total", "Bytes sent to clients.",
               number(calls.bytes_sent()));
}

void add_raft(MetricsPage& page, const ServerStatus& status) {
  const bool leads = status.leader == status.member;
  page.gauge("etcd_server_has_leader", "Whether a leader is known: 1 or 0.", status.leader ? 1 : 0);
  page.gauge("etcd_server_is_leader", "Whether this member leads: 1 or 0.", leads ? 1 : 0);
  page.gauge("etcd_server_is_learner", "Whether this member only learns: 1 or 0.", status.learner ? 1 : 0);
  page.gauge("kvd_command_version", "The version of commands that all members of the cluster know.",
             status.command_version);
  page.gauge("kvd_state_odd", "Whether this member's state is known not to be the others': 1 or 0.",
             status.odd ? 1 : 0);
  page.gauge("kvd_state_agreed_index", "Index of the last entry behind which a majority had this state.",
             number(status.agreed.value()));
  page.counter("etcd_server_leader_changes_seen_total", "Leaders seen.", number(status.leader_changes));
  page.gauge("etcd_server_proposals_committed_total", "Index of the last committed entry.",
             number(status.commit.value()));
  page.gauge("etcd_server_proposals_applied_total", "Index of the last applied entry.",
             number(status.applied.value()));
  page.gauge("etcd_server_proposals_pending", "Writes that wait for their outcome.",
             number(status.proposals_pending));
  page.counter("etcd_server_proposals_failed_total", "Writes that got no outcome in time.",
               number(status.proposals_failed));
}

void add_store(MetricsPage& page, const KvServer& server, std::int64_t quota_bytes) {
  page.gauge("etcd_server_quota_backend_bytes", "Quota of the state's size, in bytes.",
             static_cast<double>(quota_bytes));
  page.gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the state's files.",
             number(server.bytes_on_disk()));
  page.gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "About how many of them are live data.",
             number(server.bytes_in_use()));
  const ReadView view = server.local_view();
  page.gauge("etcd_debugging_mvcc_current_revision", "The newest revision.",
             static_cast<double>(view.revision()));
  page.gauge("etcd_debugging_mvcc_compact_revision", "The last compacted revision; -1: none.",
             static_cast<double>(view.compacted_revision()));
}

void add_watches(MetricsPage& page, const WatchCounts& counts) {
  page.gauge("etcd_debugging_mvcc_watch_stream_total", "Streams of watches.", number(counts.streams));
  page.gauge("etcd_debugging_mvcc_watcher_total", "Watches.", number(counts.watches));
  page.gauge("etcd_debugging_mvcc_slow_watcher_total",
             "Watches that catch up with history, or whose clients do not read.", number(counts.behind));
  page.counter("etcd_debugging_mvcc_events_total", "Events sent to watches.", number(counts.events));
  page.counter("kvd_watch_events_encoded_total",
               "Events encoded for watches: each once, however many of them are told.",
               number(counts.encoded));
  page.gauge("etcd_debugging_mvcc_pending_events_total", "Events that were applied and not sent yet.",
             number(counts.pending));
}

void add_leases(MetricsPage& page, const LeaseCounts& counts) {
  page.counter("etcd_debugging_lease_granted_total", "Leases granted.", number(counts.granted));
  page.counter("etcd_debugging_lease_revoked_total", "Leases that ended.", number(counts.revoked));
  page.counter("etcd_debugging_lease_renewed_total", "Leases kept alive, while this member led.",
               number(counts.renewed));
  page.counter("etcd_debugging_server_lease_expired_total", "Leases that ran out, while this member led.",
               number(counts.expired));
  page.counter("etcd_server_lease_expired_total", "Leases that ran out, while this member led.",
               number(counts.expired));
}

void add_auth(MetricsPage& page, const KvServer& server) {
  const AuthCounts counts = server.auth_counts();
  page.gauge("etcd_debugging_auth_revision", "The revision of users and roles.",
             number(server.auth()->revision()));
  page.gauge("kvd_auth_enabled", "Whether authentication is on: 1 or 0.", server.auth_enabled() ? 1 : 0);
  page.gauge("kvd_auth_tokens", "Tokens that are valid at this member.", number(counts.tokens));
  page.counter("kvd_auth_failures_total", "Wrong users, passwords and tokens.", number(counts.failures));
}

void add_versions(MetricsPage& page, const ServerStatus& status) {
  page.gauge("etcd_server_version", "The version of etcd whose API this is.", 1,
             {{"server_version", std::string(kEtcdVersion)}});
  page.gauge("etcd_cluster_version", "The version that all members have in common.", 1,
             {{"cluster_version", std::string(kClusterVersion.substr(0, 3))}});
  char id[17];
  std::snprintf(id, sizeof(id), "%llx", static_cast<unsigned long long>(status.member.value()));
  page.gauge("etcd_server_id", "This member's id.", 1, {{"server_id", id}});
}

void add_peers(MetricsPage& page, const std::vector<PeerMetrics>& peers) {
  for (const PeerMetrics& peer : peers) {
    page.counter("etcd_network_peer_sent_bytes_total", "Bytes sent to a peer.", number(peer.bytes_sent),
                 {{"To", peer.peer}});
  }
  for (const PeerMetrics& peer : peers) {
    page.counter("etcd_network_peer_sent_failures_total", "Messages to a peer that were dropped.",
                 number(peer.send_failures), {{"To", peer.peer}});
  }
  for (const PeerMetrics& peer : peers) {
    page.counter("etcd_network_peer_received_bytes_total", "Bytes received from a peer.",
                 number(peer.bytes_received), {{"From", peer.peer}});
  }
}

void add_process(MetricsPage& page) {
  const ProcessStats stats = process_stats();
  page.gauge("process_resident_memory_bytes", "Resident memory.", stats.resident_bytes);
  page.gauge("process_virtual_memory_bytes", "Virtual memory.", stats.virtual_bytes);
  page.gauge("process_open_fds", "Open file descriptors.", stats.open_files);
  page.gauge("process_max_fds", "Most file descriptors that may be open.", stats.open_files_max);
  page.gauge("process_start_time_seconds", "When the process started, since 1970.", stats.start_time_seconds);
  page.counter("process_cpu_seconds_total", "Processor time used.", stats.cpu_seconds);
}

class PrometheusMetrics final : public Metrics {
 public:
  rpc::ServerObserver observer() override { return calls_.observer(); }
  void count_client(std::string_view api_version) override { clients_.count(api_version); }
  void count_health(bool healthy) override {
    (healthy ? health_successes_ : health_failures_).fetch_add(1, std::memory_order_relaxed);
  }

  void observe(Timed what, std::chrono::nanoseconds took) override {
    switch (what) {
      case Timed::kLogSync:
        return log_sync_.observe(took);
      case Timed::kApply:
        return apply_.observe(took);
    }
  }

  void observe_round_trip(const std::string& peer, std::chrono::nanoseconds took) override {
    std::lock_guard lock(round_trips_mutex_);
    round_trips_.try_emplace(peer, Latency::doubling(0.0001, 16)).first->second.observe(took);
  }

  std::string page(KvServer& server, const std::vector<PeerMetrics>& peers,
                   std::int64_t quota_bytes) override {
    const ServerStatus status = server.status();
    MetricsPage page;
    add_raft(page, status);
    add_store(page, server, quota_bytes);
    add_watches(page, server.watches().counts());
    add_leases(page, server.lease_counts());
    add_auth(page, server);
    add_disk(page);
    add_peers(page, peers);
    add_round_trips(page);
    add_calls(page, calls_);
    add_clients(page);
    add_versions(page, status);
    add_process(page);
    return page.text();
  }

 private:
  void add_disk(MetricsPage& page) const {
    page.histogram("etcd_disk_wal_fsync_duration_seconds", "Time of a durable write to the log.", log_sync_);
    page.histogram("etcd_disk_backend_commit_duration_seconds", "Time to apply a batch to the state.",
                   apply_);
  }

  void add_round_trips(MetricsPage& page) {
    std::lock_guard lock(round_trips_mutex_);
    for (const auto& [peer, latency] : round_trips_) {
      page.histogram("etcd_network_peer_round_trip_time_seconds", "Time to a peer and back.", latency,
                     {{"To", peer}});
    }
  }

  void add_clients(MetricsPage& page) const {
    for (const auto& [version, requests] : clients_.read()) {
      page.counter("etcd_server_client_requests_total", "Requests by the version that the client tells.",
                   number(requests), {{"client_api_version", version}, {"type", "unary"}});
    }
    page.counter("etcd_server_health_success", "Answers of /health that were true.",
                 number(health_successes_.load()));
    page.counter("etcd_server_health_failures", "Answers of /health that were false.",
                 number(health_failures_.load()));
  }

  CallCounters calls_;
  ClientVersions clients_;
  std::atomic<std::uint64_t> health_successes_ = 0;
  std::atomic<std::uint64_t> health_failures_ = 0;
  Latency log_sync_{Latency::doubling(0.001, 14)};
  Latency apply_{Latency::doubling(0.001, 14)};
  std::mutex round_trips_mutex_;  // guards round_trips_; as many as there are members
  std::map<std::string, Latency> round_trips_;
};

}  // namespace

std::unique_ptr<Metrics> Metrics::create() {
  return std::make_unique<PrometheusMetrics>();
}

}  // namespace kv::api
