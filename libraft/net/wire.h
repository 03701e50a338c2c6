// A byte stream between two members, plain or TLS: what the connections above it see. Needs Asio: included by
// the .cc files of this room only, or by headers that only they include.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace raft {

/// At most one read and one write at a time. A handler keeps the wire's owner alive until it has run; after
/// close() handlers run with an error. Thread: the I/O thread.
class Wire {
 public:
  using Done = std::function<void(const boost::system::error_code&)>;
  using Moved = std::function<void(const boost::system::error_code&, std::size_t)>;

  virtual ~Wire() = default;

  /// The handshake of the connected socket() under TLS; nothing without. `host` is what a dialler expects in
  /// the certificate; empty on the accepting side.
  virtual void async_secure(const std::string& host, Done done) = 0;
  virtual void async_read_some(std::span<char> into, Moved moved) = 0;
  /// As much as can be had without waiting, perhaps nothing; errors are left to async_write_some. Requires a
  /// tuned socket and no write in progress.
  virtual std::size_t write_now(std::string_view bytes) = 0;
  /// `bytes` must live until `moved` is called; may write fewer.
  virtual void async_write_some(std::string_view bytes, Moved moved) = 0;
  /// The TCP connection below: to connect, tune and ask.
  [[nodiscard]] virtual boost::asio::ip::tcp::socket& socket() = 0;

  /// Ends both directions at once.
  void close();
};

/// `tls` null: plain TCP.
std::unique_ptr<Wire> make_wire(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);
std::unique_ptr<Wire> make_tls_wire(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls);

/// Non-blocking, no delay; keepalive and TCP_USER_TIMEOUT, so that the kernel finds a dead peer within about
/// `unacknowledged_max`. Requires a connected socket.
void tune(boost::asio::ip::tcp::socket& socket, std::chrono::milliseconds unacknowledged_max);
/// A read that ended because the other side went away, in order or not.
bool closed_by_peer(const boost::system::error_code& error);
/// The kernel's estimate, in microseconds; 0 when it has none.
std::uint64_t round_trip_us(boost::asio::ip::tcp::socket& socket);

}  // namespace raft
