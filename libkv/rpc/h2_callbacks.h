// nghttp2's callbacks for H2Session. Needs nghttp2: for h2_session.cc and h2_callbacks.cc only.
#pragma once

#include <nghttp2/nghttp2.h>

#include "libkv/rpc/h2_session.h"

namespace kv::rpc {

/// Filled once per process.
const nghttp2_session_callbacks* h2_callbacks();

/// The body of a stream, read from its output queue.
nghttp2_data_provider h2_body(H2Stream& stream);

/// Static functions in nghttp2's shapes; `user` is the H2Session.
struct H2Callbacks {
  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t flags, void* user);
  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int code, void* user);
  static int data_chunk(nghttp2_session* session, std::uint8_t flags, std::int32_t id,
                        const std::uint8_t* data, std::size_t size, void* user);
  static int stream_closed(nghttp2_session* session, std::int32_t id, std::uint32_t error, void* user);
  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int code, void* user);
  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user);
  static int send_data(nghttp2_session* session, nghttp2_frame* frame, const std::uint8_t* frame_header,
                       std::size_t size, nghttp2_data_source* source, void* user);
};

}  // namespace kv::rpc
