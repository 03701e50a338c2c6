#include "libraft/net/wire.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

namespace raft {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class TcpWire final : public Wire {
 public:
  explicit TcpWire(tcp::socket socket) : socket_(std::move(socket)) {}

  void async_secure(const std::string& /*host*/, Done done) override { done({}); }
  void async_read_some(std::span<char> into, Moved moved) override {
    socket_.async_read_some(asio::buffer(into.data(), into.size()), std::move(moved));
  }
  std::size_t write_now(std::string_view bytes) override {
    error_code left_to_async_write_some;
    return socket_.write_some(asio::buffer(bytes), left_to_async_write_some);
  }
  void async_write_some(std::string_view bytes, Moved moved) override {
    socket_.async_write_some(asio::buffer(bytes), std::move(moved));
  }
  [[nodiscard]] tcp::socket& socket() override { return socket_; }

 private:
  tcp::socket socket_;
};

void set_option(int socket, int level, int option, int value) {
  // Tuning only: a kernel that refuses leaves a connection that works.
  static_cast<void>(setsockopt(socket, level, option, &value, sizeof value));
}

}  // namespace

void Wire::close() {
  error_code ignored;  // a socket that is closed already is as good
  socket().shutdown(tcp::socket::shutdown_both, ignored);
  socket().close(ignored);
}

std::unique_ptr<Wire> make_wire(tcp::socket socket, asio::ssl::context* tls) {
  if (tls != nullptr) return make_tls_wire(std::move(socket), *tls);
  return std::make_unique<TcpWire>(std::move(socket));
}

void tune(tcp::socket& socket, std::chrono::milliseconds unacknowledged_max) {
  error_code refused;  // then write_now blocks for as long as the kernel's buffer is full
  socket.non_blocking(true, refused);
  const int handle = socket.native_handle();
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(unacknowledged_max).count();
  // Silence for half the time, then four probes in the other half.
  const int idle_seconds = std::max(1, static_cast<int>(seconds / 2));
  constexpr int kProbes = 4;
  set_option(handle, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(handle, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(handle, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
  set_option(handle, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, idle_seconds / kProbes));
  set_option(handle, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set_option(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(unacknowledged_max.count()));
}

std::uint64_t round_trip_us(tcp::socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_rtt;
}

}  // namespace raft
