// A stream on the server's side: a gRPC call, or a plain HTTP request over HTTP/2.
#pragma once

#include <cstdint>
#include <string_view>

#include "libkv/rpc/h2_stream.h"

namespace kv::rpc {

/// Thread: the loop's.
class ServerStream : public H2Stream {
 public:
  /// Bytes of the body; the stream gives them back to flow control.
  virtual void on_data(std::string_view bytes) = 0;
  virtual void on_peer_end() = 0;
  /// The stream is over, or the connection is. The last method called.
  virtual void on_closed() = 0;
  /// Answers drained: looks again at input that was held back.
  virtual void release_held() = 0;
  /// The server stops: ends the call.
  virtual void on_shutdown() = 0;
};

}  // namespace kv::rpc
