// etcd's JSON gateway: every method of the API as a POST under /v3 (contract section 1.2).
#pragma once

#include <cstddef>

#include "libkv/rpc/server.h"

namespace kv::gateway {

struct GatewayOptions {
  std::size_t message_bytes_max = 2097152;  ///< of one request, as gRPC would carry it
};

/// Answers what is under /v3, /v3beta and /v3alpha by the methods registered at `server`, which must outlive
/// it; hands everything else to `others`.
rpc::HttpHandler with_gateway(const rpc::Server& server, GatewayOptions options, rpc::HttpHandler others);

}  // namespace kv::gateway
