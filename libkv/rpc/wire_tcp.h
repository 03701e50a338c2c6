// Wires over sockets. Needs Asio: include it where connections are made only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>

#include "libkv/rpc/loop.h"
#include "libkv/rpc/wire.h"

namespace boost::asio::ssl {
class context;
}

namespace kv::rpc {

/// No delay, dead peers found by the kernel; `unacknowledged_max`: how long sent bytes may stay unanswered
/// (0: the system's own, about 15 minutes).
void tune(boost::asio::ip::tcp::socket& socket, std::chrono::milliseconds unacknowledged_max);

/// `socket` belongs to the context of `loop`.
std::shared_ptr<Wire> make_tcp_wire(Loop& loop, boost::asio::ip::tcp::socket socket);

enum class TlsRole { kServer, kClient };

/// `host` is what a client expects in the server's certificate.
std::shared_ptr<Wire> make_tls_wire(Loop& loop, boost::asio::ip::tcp::socket socket,
                                    const std::shared_ptr<boost::asio::ssl::context>& tls, TlsRole role,
                                    const std::string& host);

}  // namespace kv::rpc
