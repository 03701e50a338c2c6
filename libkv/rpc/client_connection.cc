#include "libkv/rpc/client_connection.h"

#include <utility>

#include "libkv/rpc/client_loop.h"
#include "libkv/rpc/limits.h"

namespace kv::rpc {
namespace {

constexpr std::string_view kUserAgent = "kvd-client/0.1";

std::string authority_of(const ChannelOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  return (v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

}  // namespace

ClientConnection::ClientConnection(ClientLoopImpl& home, ChannelOptions options, std::shared_ptr<Wire> wire,
                                   std::function<void(bool)> ready)
    : home_(home),
      loop_(home.loop()),
      inbox_(loop_.inbox()),
      options_(std::move(options)),
      authority_(authority_of(options_)),
      wire_(std::move(wire)),
      ready_(std::move(ready)),
      session_({.side = H2Side::kClient}, *this),
      keepalive_(options_.keepalive_interval, options_.keepalive_timeout, {}),
      keepalive_timer_([this] { check_peer(); }) {}

ClientConnection::~ClientConnection() = default;

void ClientConnection::start() {
  wire_->start(*this);
  keepalive_.heard(loop_.now());
  loop_.arm(keepalive_timer_, loop_.now() + options_.keepalive_interval);
}

void ClientConnection::check_peer() {
  const auto now = loop_.now();
  if (calls_.size() == 0) keepalive_.heard(now);
  Keepalive::Verdict verdict = keepalive_.check(now);
  if (verdict.action == Keepalive::Action::kDrop) {
    // A loop that was held up has the answer still to read: that comes before this is asked again.
    if (std::exchange(overdue_, true)) {
      return lose({Code::kUnavailable, authority_ + ": no answer to a keepalive ping"});
    }
    verdict.again = now + options_.keepalive_timeout;
  }
  if (verdict.action == Keepalive::Action::kPing) {
    session_.ping();
    loop_.flush_soon(*this);
  }
  loop_.arm(keepalive_timer_, verdict.again);
}

void ClientConnection::release() {
  released_ = true;
  if (calls_.size() == 0) lose({Code::kCancelled, "the channel was closed"});
}

std::vector<Header>& ClientConnection::common_headers(std::string_view path) {
  headers_.assign({{":method", "POST", true},
                   {":scheme", options_.tls ? "https" : "http", true},
                   {":path", path, true},
                   {":authority", authority_, true},
                   {"te", "trailers", true},
                   {"content-type", "application/grpc", true},
                   {"user-agent", kUserAgent, true}});
  return headers_;
}

bool ClientConnection::submit(const std::shared_ptr<ClientCall>& call, std::span<const Header> headers) {
  if (lost_ || !connected() || !session_.request(*call, headers)) return false;
  calls_.add(call);
  loop_.flush_soon(*this);
  return true;
}

void ClientConnection::resume(ClientCall& call) {
  if (lost_ || call.index == H2Stream::kNoIndex) return;
  session_.resume(call);
  loop_.flush_soon(*this);
}

void ClientConnection::reset(std::int32_t id) {
  if (lost_) return;
  session_.reset(id, H2Error::kCancel);
  loop_.flush_soon(*this);
}

Status ClientConnection::lost_status() const {
  if (!lost_) return {Code::kUnavailable, authority_ + ": the server takes no more calls on this connection"};
  return lost_status_;
}

void ClientConnection::flush() {
  if (lost_ || !wire_->writable()) return;
  std::string& out = loop_.output();
  out.clear();
  session_.produce(out, kWriteBytesMax);
  if (!out.empty()) wire_->write(out);
  if (!wire_->writable()) return;
  if (released_ && calls_.size() == 0) return release();
  if (session_.finished()) {
    lose({Code::kUnavailable,
          authority_ + ": connection closed" + (violation_.empty() ? "" : ": " + violation_)});
  } else if (!out.empty() && session_.wants_write()) {
    loop_.flush_next_turn(*this);
  }
}

void ClientConnection::on_ready() {
  if (options_.tls && wire_->alpn() != Alpn::kHttp2) {
    return lose({Code::kUnavailable, authority_ + ": the server does not speak HTTP/2 (ALPN)"});
  }
  loop_.flush_soon(*this);
}

void ClientConnection::on_bytes(std::string_view bytes) {
  if (lost_) return;
  keepalive_.heard(loop_.now());
  overdue_ = false;
  if (!session_.receive(bytes)) {
    return lose({Code::kUnavailable, authority_ + ": not HTTP/2, or broken: " + violation_});
  }
  loop_.flush_soon(*this);
}

void ClientConnection::on_writable() {
  loop_.flush_soon(*this);
}

void ClientConnection::on_closed(std::string_view reason) {
  lose({Code::kUnavailable, authority_ + ": connection lost: " + std::string(reason)});
}

void ClientConnection::lose(Status status) {
  if (std::exchange(lost_, true)) return;
  connected_.store(false, std::memory_order_release);
  lost_status_ = std::move(status);
  keepalive_timer_.disarm();
  wire_->close();
  // The socket must go before the loop does; calls and channels may keep this object for longer.
  loop_.retire(std::move(wire_));
  for (const auto& call : calls_.snapshot()) {
    loop_.retire(calls_.remove(*call));
    call->fail(lost_status_);
  }
  tell_ready(false);
  home_.remove(*this);
}

void ClientConnection::tell_ready(bool stands) {
  if (ready_) std::exchange(ready_, nullptr)(stands);
}

void ClientConnection::on_block_begin(std::int32_t, H2Stream* stream) {
  block_call_ = static_cast<ClientCall*>(stream);
}

void ClientConnection::on_header(std::string_view name, std::string_view value) {
  if (block_call_ != nullptr) block_call_->on_header(name, value);
}

void ClientConnection::on_block_end(std::int32_t, H2Stream* stream, bool trailers) {
  block_call_ = nullptr;
  if (stream != nullptr && !trailers) static_cast<ClientCall*>(stream)->on_headers_end();
}

void ClientConnection::on_data(H2Stream& stream, std::string_view bytes) {
  session_.consume(stream, bytes.size());
  static_cast<ClientCall&>(stream).on_data(bytes);
}

void ClientConnection::on_peer_end(H2Stream& stream) {
  static_cast<ClientCall&>(stream).on_peer_end();
}

void ClientConnection::on_stream_closed(H2Stream& stream, std::uint32_t error) {
  auto& call = static_cast<ClientCall&>(stream);
  if (block_call_ == &call) block_call_ = nullptr;
  call.on_stream_closed(error);
  if (call.index != H2Stream::kNoIndex) loop_.retire(calls_.remove(call));
  if (released_ && calls_.size() == 0) loop_.flush_soon(*this);
}

void ClientConnection::on_request_sent(H2Stream& stream) {
  static_cast<ClientCall&>(stream).on_sent();
}

void ClientConnection::on_settings() {
  tell_ready(true);
}

void ClientConnection::on_goaway(std::uint32_t error, std::string_view text) {
  connected_.store(false, std::memory_order_release);
  if (error == 0) return;
  violation_ = "GOAWAY " + h2_error_name(error) + " \"" + std::string(text) + "\"";
}

void ClientConnection::on_violation(std::string_view what) {
  violation_ = what;
}

}  // namespace kv::rpc
