// TLS 1.2 and later with ALPN h2 and http/1.1.
#pragma once

#include <memory>

#include "libkv/rpc/client.h"
#include "libkv/rpc/server.h"
#include "libraft/base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace kv::rpc {

/// kInvalidArgument names the file that could not be used. Shared by the connections made with it.
raft::Result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(const TlsOptions& options);
raft::Result<std::shared_ptr<boost::asio::ssl::context>> make_client_tls(const ClientTlsOptions& options);

}  // namespace kv::rpc
