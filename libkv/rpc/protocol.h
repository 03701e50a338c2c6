// What a server's connection speaks once its first bytes are known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kv::rpc {

/// HTTP/2 or HTTP/1.1, without a socket. Thread: the loop's, inside a turn.
class Protocol {
 public:
  virtual ~Protocol() = default;

  /// False when nothing more is to be read; what is queued still leaves.
  virtual bool receive(std::string_view bytes) = 0;
  /// Appends output to `out` until it holds `bytes_max` or a little more.
  virtual void produce(std::string& out, std::size_t bytes_max) = 0;
  [[nodiscard]] virtual bool wants_write() const = 0;
  /// Nothing more to read or write: the connection may close.
  [[nodiscard]] virtual bool finished() const = 0;
  /// The peer is gone: ends every call.
  virtual void lost() = 0;
  /// Takes nothing new; answers what is open.
  virtual void drain() = 0;
  /// The end of a drain: ends what is still open, then finishes.
  virtual void end() = 0;
};

}  // namespace kv::rpc
