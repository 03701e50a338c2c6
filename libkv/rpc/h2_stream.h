// What the HTTP/2 session knows of one stream, on either side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "libkv/rpc/send_queue.h"

namespace kv::rpc {

/// Base of the server's and the client's streams. Its table keeps it alive while the session may refer to it.
/// Thread: the loop's.
class H2Stream {
 public:
  static constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();

  H2Stream() = default;
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;
  virtual ~H2Stream() = default;

  /// All of `output` is about to leave and output_ended is set. True when trailers follow, which the stream
  /// submits here.
  virtual bool submit_trailers() = 0;
  /// `count` bytes of `output` have left.
  virtual void on_output_taken(std::size_t count) = 0;

  std::int32_t id = 0;
  std::size_t index = kNoIndex;  ///< in its table
  SendQueue output;
  std::size_t unconsumed = 0;  ///< the session's: received, not given back to the window yet
  bool output_ended = false;   ///< nothing more will be added to `output`
};

}  // namespace kv::rpc
