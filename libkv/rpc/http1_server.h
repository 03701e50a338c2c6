// HTTP/1.1 beside gRPC on the same port.
#pragma once

#include <functional>
#include <memory>

#include "libkv/rpc/protocol.h"

namespace kv::rpc {

class ServerConnection;
class ServerWorker;

/// Keep-alive, one request at a time; pipelined ones wait. `established` runs when the first request is
/// complete.
std::unique_ptr<Protocol> make_http1_server(ServerWorker& worker, ServerConnection& connection,
                                            std::function<void()> established);

}  // namespace kv::rpc
