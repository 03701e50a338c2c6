// A connected byte stream, plain or TLS, seen from above.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kv::rpc {

/// Who uses a wire. Called inside a turn of the wire's loop.
class WireEvents {
 public:
  virtual ~WireEvents() = default;
  /// The connection stands, TLS handshake included.
  virtual void on_ready() = 0;
  /// `bytes` live until the method returns.
  virtual void on_bytes(std::string_view bytes) = 0;
  /// What was written has left; writable() again.
  virtual void on_writable() = 0;
  /// The peer closed or the connection broke. The last event.
  virtual void on_closed(std::string_view reason) = 0;
};

enum class Alpn { kNone, kHttp1, kHttp2 };

/// Owned by its user and by the operations in flight. Thread: the loop's.
class Wire {
 public:
  virtual ~Wire() = default;

  /// Begins: handshake if there is one, then reading. `events` must live until close().
  virtual void start(WireEvents& events) = 0;
  /// False while earlier output waits for the socket.
  [[nodiscard]] virtual bool writable() const = 0;
  /// Requires writable().
  virtual void write(std::string_view bytes) = 0;
  /// No on_bytes until resume().
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Tells the peer that nothing more will come; reading goes on.
  virtual void end_output() = 0;
  /// No events any more.
  virtual void close() = 0;
  [[nodiscard]] virtual Alpn alpn() const = 0;
  /// The common name in the peer's certificate, when there is one and it was verified; else empty. Once the
  /// connection stands.
  [[nodiscard]] virtual std::string certificate_name() const = 0;
};

}  // namespace kv::rpc
