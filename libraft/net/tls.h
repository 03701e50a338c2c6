// The certificates of both directions between members, loaded and checked once.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "libraft/base/result.h"
#include "libraft/net/options.h"

namespace raft {

/// TLS 1.2 and later. Thread: read only once made.
struct PeerTls {
  boost::asio::ssl::context dialling;
  boost::asio::ssl::context accepting;
};

/// Errors: kInvalidArgument, naming the file that could not be used.
Result<std::unique_ptr<PeerTls>> make_peer_tls(const PeerTlsOptions& options);

}  // namespace raft
