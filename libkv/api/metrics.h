// Counters, gauges and histograms by etcd's names, for /metrics (contract section 11).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/rpc/server.h"
#include "libkv/server/server.h"

namespace kv::api {

/// What the transport knows of one peer.
struct PeerMetrics {
  std::string peer;  ///< its id, hexadecimal
  std::uint64_t bytes_sent = 0;
  std::uint64_t send_failures = 0;
  std::uint64_t bytes_received = 0;
};

/// Where a duration belongs.
enum class Timed : std::uint8_t {
  kLogSync,  ///< one write to the log, with its fsync
  kApply,    ///< one batch applied to the state
};

/// Thread: any.
class Metrics {
 public:
  static std::unique_ptr<Metrics> create();
  virtual ~Metrics() = default;

  /// For rpc::Server::create: counts calls and bytes as they happen.
  virtual rpc::ServerObserver observer() = 0;
  /// One request of a client that says it has this version of the API; empty when it says nothing.
  virtual void count_client(std::string_view api_version) = 0;
  /// One answer of /health.
  virtual void count_health(bool healthy) = 0;
  virtual void observe(Timed what, std::chrono::nanoseconds took) = 0;
  /// A sample of the time that a message takes to `peer` and back.
  virtual void observe_round_trip(const std::string& peer, std::chrono::nanoseconds took) = 0;

  /// The whole page, with the gauges as `server` and `peers` have them now.
  virtual std::string page(KvServer& server, const std::vector<PeerMetrics>& peers,
                           std::int64_t quota_bytes) = 0;
};

}  // namespace kv::api
