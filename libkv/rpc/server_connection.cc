#include "libkv/rpc/server_connection.h"

#include <utility>

#include "libkv/rpc/h2_server.h"
#include "libkv/rpc/http1_server.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/server_worker.h"

namespace kv::rpc {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

ServerConnection::ServerConnection(ServerWorker& worker, std::shared_ptr<Wire> wire, std::string peer)
    : worker_(worker),
      wire_(std::move(wire)),
      peer_(std::move(peer)),
      timer_([this] { close(lingering_ ? "lingered" : "no request before handshake_timeout"); }) {}

ServerConnection::~ServerConnection() = default;

void ServerConnection::start() {
  Loop& loop = worker_.loop();
  loop.arm(timer_, loop.now() + worker_.shared().options.handshake_timeout);
  wire_->start(*this);
}

void ServerConnection::on_ready() {
  if (wire_->alpn() == Alpn::kHttp2) {
    speak(make_h2_server(worker_, *this, {peer_, wire_->certificate_name()}, [this] { timer_.disarm(); }));
  } else if (wire_->alpn() == Alpn::kHttp1) {
    speak(make_http1_server(worker_, *this, [this] { timer_.disarm(); }));
  }
}

void ServerConnection::speak(std::unique_ptr<Protocol> protocol) {
  protocol_ = std::move(protocol);
  if (draining_) protocol_->drain();
  worker_.loop().flush_soon(*this);
}

void ServerConnection::on_bytes(std::string_view bytes) {
  if (lingering_ || closed_) return;
  if (protocol_) return receive(bytes);
  sniff(bytes);
}

void ServerConnection::sniff(std::string_view bytes) {
  first_bytes_.append(bytes);
  const std::size_t compared = std::min(first_bytes_.size(), kPreface.size());
  const bool preface = std::string_view(first_bytes_).substr(0, compared) == kPreface.substr(0, compared);
  if (preface && compared < kPreface.size()) return;
  if (preface) {
    speak(make_h2_server(worker_, *this, {peer_, wire_->certificate_name()}, [this] { timer_.disarm(); }));
  } else {
    speak(make_http1_server(worker_, *this, [this] { timer_.disarm(); }));
  }
  const std::string first = std::exchange(first_bytes_, {});
  receive(first);
}

void ServerConnection::receive(std::string_view bytes) {
  static_cast<void>(
      protocol_->receive(bytes));  // what follows is the same: flush, and see whether it is over
  worker_.loop().flush_soon(*this);
}

/// One round of output; false when there is none.
bool ServerConnection::write_output() {
  std::string& out = worker_.loop().output();
  out.clear();
  protocol_->produce(out, kWriteBytesMax);
  if (out.empty()) return false;
  wire_->write(out);
  return true;
}

void ServerConnection::flush() {
  if (closed_ || lingering_ || !protocol_ || !wire_->writable()) return;
  const bool wrote = write_output();
  if (!wire_->writable()) return wire_->pause();
  if (protocol_->finished()) return linger();
  if (wrote && protocol_->wants_write()) worker_.loop().flush_next_turn(*this);
}

void ServerConnection::on_writable() {
  if (closed_) return;
  wire_->resume();
  worker_.loop().flush_soon(*this);
}

/// Ends our side and waits for the peer's: closing with input unread would reset the connection, and with it
/// take the last answer from the peer.
void ServerConnection::linger() {
  lingering_ = true;
  worker_.connection_ends();
  protocol_->lost();
  wire_->end_output();
  wire_->resume();
  Loop& loop = worker_.loop();
  loop.arm(timer_, loop.now() + kLingerTime);
}

void ServerConnection::drain() {
  if (closed_ || lingering_) return;
  draining_ = true;
  if (!protocol_) return close("draining");
  protocol_->drain();
  worker_.loop().flush_soon(*this);
}

void ServerConnection::end() {
  if (closed_ || lingering_) return;
  if (!protocol_) return close("draining");
  protocol_->end();
  worker_.loop().flush_soon(*this);
}

void ServerConnection::on_closed(std::string_view reason) {
  close(reason);
}

void ServerConnection::close(std::string_view reason) {
  if (closed_) return;
  closed_ = true;
  if (!lingering_) worker_.connection_ends();
  timer_.disarm();
  worker_.shared().debug("event=connection_closed peer=" + peer_ + " reason=\"" + std::string(reason) + "\"");
  if (protocol_) protocol_->lost();
  wire_->close();
  worker_.remove(*this);
}

}  // namespace kv::rpc
