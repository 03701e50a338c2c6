// Counters and gauges by etcd's names, for /metrics (contract section 11).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libkv/rpc/server.h"
#include "libkv/server/server.h"

namespace kv::api {

/// What the transport knows of one peer.
struct PeerMetrics {
  std::string peer;
  std::uint64_t bytes_sent = 0;
  std::uint64_t send_failures = 0;
  std::uint64_t bytes_received = 0;
};

/// Thread: any.
class Metrics {
 public:
  static std::unique_ptr<Metrics> create();
  virtual ~Metrics() = default;

  /// For rpc::Server::create: counts calls and bytes as they happen.
  virtual rpc::ServerObserver observer() = 0;
  /// The whole page, with the gauges brought up to date from `server` and `peers`.
  virtual std::string page(const KvServer& server, const std::vector<PeerMetrics>& peers) = 0;
};

}  // namespace kv::api
