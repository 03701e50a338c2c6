#include <openssl/x509.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "libkv/rpc/wire_tcp.h"

namespace kv::rpc {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kTlsReadBytes = 16384;  // one TLS record

/// The last one, where there are several; of any bytes.
std::string common_name(const X509_NAME* subject) {
  int place = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(subject, NID_commonName, next)) >= 0;) place = next;
  if (place < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name;
}

class TlsWire final : public Wire, public std::enable_shared_from_this<TlsWire> {
 public:
  TlsWire(Loop& loop, tcp::socket socket, std::shared_ptr<asio::ssl::context> tls, TlsRole role)
      : loop_(loop), tls_(std::move(tls)), stream_(std::move(socket), *tls_), role_(role) {}

  void expect(const std::string& host) {
    if (host.empty()) return;
    error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    stream_.set_verify_callback(asio::ssl::host_name_verification(host));
  }

  void start(WireEvents& events) override;
  [[nodiscard]] bool writable() const override { return ready_ && !writing_; }
  void write(std::string_view bytes) override;
  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    if (ready_ && !reading_) read();
  }
  void end_output() override {
    error_code error;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, error);
  }
  void close() override {
    events_ = nullptr;
    error_code error;
    stream_.next_layer().close(error);
  }
  [[nodiscard]] Alpn alpn() const override;
  [[nodiscard]] std::string certificate_name() const override;

 private:
  void on_handshake(const error_code& error);
  void read();
  void on_read(const error_code& error, std::size_t count);
  void on_written(const error_code& error);
  void fail(const error_code& error);

  Loop& loop_;
  std::shared_ptr<asio::ssl::context> tls_;  // shared by the connections of one listener or channel
  asio::ssl::stream<tcp::socket> stream_;
  TlsRole role_;
  WireEvents* events_ = nullptr;
  std::array<char, kTlsReadBytes> input_;
  std::string output_;
  bool ready_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool paused_ = false;
};

void TlsWire::start(WireEvents& events) {
  events_ = &events;
  const auto type =
      role_ == TlsRole::kServer ? asio::ssl::stream_base::server : asio::ssl::stream_base::client;
  stream_.async_handshake(
      type, [self = shared_from_this()](const error_code& error) { self->on_handshake(error); });
}

void TlsWire::on_handshake(const error_code& error) {
  if (events_ == nullptr) return;
  Loop::Turn turn(loop_);
  if (error) return fail(error);
  ready_ = true;
  events_->on_ready();
  if (!reading_) read();
}

void TlsWire::read() {
  if (events_ == nullptr || paused_) return;
  reading_ = true;
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void TlsWire::on_read(const error_code& error, std::size_t count) {
  reading_ = false;
  if (events_ == nullptr) return;
  Loop::Turn turn(loop_);
  if (error) return fail(error);
  events_->on_bytes({input_.data(), count});
  if (!reading_) read();
}

void TlsWire::write(std::string_view bytes) {
  output_.assign(bytes);
  writing_ = true;
  asio::async_write(
      stream_, asio::buffer(output_),
      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_written(error); });
}

void TlsWire::on_written(const error_code& error) {
  writing_ = false;
  output_ = {};
  if (events_ == nullptr) return;
  Loop::Turn turn(loop_);
  if (error) return fail(error);
  events_->on_writable();
}

void TlsWire::fail(const error_code& error) {
  if (events_ == nullptr) return;
  WireEvents* events = std::exchange(events_, nullptr);
  const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  events->on_closed(ended ? "closed by the peer" : error.message());
}

Alpn TlsWire::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  // OpenSSL's getter is const in spirit; Asio's native_handle is not.
  SSL_get0_alpn_selected(const_cast<TlsWire*>(this)->stream_.native_handle(), &name, &length);
  const std::string_view chosen(reinterpret_cast<const char*>(name), length);
  if (chosen == "h2") return Alpn::kHttp2;
  return chosen == "http/1.1" ? Alpn::kHttp1 : Alpn::kNone;
}

/// The result of the check is X509_V_OK also where there was nothing to check.
std::string TlsWire::certificate_name() const {
  SSL* const ssl = const_cast<TlsWire*>(this)->stream_.native_handle();
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  if ((SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) == 0) return {};
  return common_name(X509_get_subject_name(certificate));
}

}  // namespace

std::shared_ptr<Wire> make_tls_wire(Loop& loop, tcp::socket socket,
                                    const std::shared_ptr<asio::ssl::context>& tls, TlsRole role,
                                    const std::string& host) {
  auto wire = std::make_shared<TlsWire>(loop, std::move(socket), tls, role);
  wire->expect(host);
  return wire;
}

}  // namespace kv::rpc
