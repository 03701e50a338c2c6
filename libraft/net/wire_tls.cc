#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl.hpp>
#include <utility>

#include "libraft/net/wire.h"

namespace raft {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

class TlsWire final : public Wire {
 public:
  TlsWire(tcp::socket socket, ssl::context& tls) : stream_(std::move(socket), tls) {}

  void async_secure(const std::string& host, Done done) override {
    if (host.empty()) return stream_.async_handshake(ssl::stream_base::server, std::move(done));
    error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    // Server names are names: RFC 6066 section 3 forbids addresses.
    if (not_an_address) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    error_code ignored;
    stream_.set_verify_callback(ssl::host_name_verification(host), ignored);
    stream_.async_handshake(ssl::stream_base::client, std::move(done));
  }
  void async_read_some(std::span<char> into, Moved moved) override {
    stream_.async_read_some(asio::buffer(into.data(), into.size()), std::move(moved));
  }
  std::size_t write_now(std::string_view /*bytes*/) override { return 0; }
  void async_write_some(std::string_view bytes, Moved moved) override {
    stream_.async_write_some(asio::buffer(bytes), std::move(moved));
  }
  [[nodiscard]] tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  ssl::stream<tcp::socket> stream_;
};

}  // namespace

bool closed_by_peer(const error_code& error) {
  // Without close_notify, which a killed process cannot send, TLS reports a truncated stream.
  return error == asio::error::eof || error == ssl::error::stream_truncated;
}

std::unique_ptr<Wire> make_tls_wire(tcp::socket socket, ssl::context& tls) {
  return std::make_unique<TlsWire>(std::move(socket), tls);
}

}  // namespace raft
