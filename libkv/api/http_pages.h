// The plain HTTP pages beside gRPC: /version, /health, /livez, /readyz, /metrics (contract section 1.3).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libkv/api/context.h"
#include "libkv/api/metrics.h"

namespace kv::api {

/// Which pages a port has: a client's, or the fewer of --listen-metrics-urls.
enum class Pages : std::uint8_t { kClient, kMetrics };

/// `peers`: what the transport knows, for /metrics. `context` and `metrics` must outlive the handler.
rpc::HttpHandler http_pages(const Context& context, Metrics& metrics,
                            std::function<std::vector<PeerMetrics>()> peers, Pages pages = Pages::kClient);

}  // namespace kv::api
