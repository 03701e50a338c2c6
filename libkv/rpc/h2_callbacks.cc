#include "libkv/rpc/h2_callbacks.h"

#include <algorithm>
#include <memory>
#include <string>

#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kFrameHeaderBytes = 9;

H2Session& session_of(void* user) {
  return *static_cast<H2Session*>(user);
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

bool opens_stream(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

using CallbacksPtr = std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>;

CallbacksPtr make_callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  RAFT_CHECK(nghttp2_session_callbacks_new(&made) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, H2Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, H2Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, H2Callbacks::frame_received);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, H2Callbacks::invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, H2Callbacks::data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, H2Callbacks::stream_closed);
  nghttp2_session_callbacks_set_on_frame_send_callback(made, H2Callbacks::frame_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(made, H2Callbacks::frame_not_sent);
  nghttp2_session_callbacks_set_send_data_callback(made, H2Callbacks::send_data);
  return {made, nghttp2_session_callbacks_del};
}

}  // namespace

const nghttp2_session_callbacks* h2_callbacks() {
  static const CallbacksPtr kCallbacks = make_callbacks();
  return kCallbacks.get();
}

nghttp2_data_provider h2_body(H2Stream& stream) {
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = H2Callbacks::read_body;
  return body;
}

int H2Callbacks::begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& self = session_of(user);
  self.block_stream_ = self.find(frame->hd.stream_id);
  self.events_.on_block_begin(frame->hd.stream_id, self.block_stream_);
  return 0;
}

int H2Callbacks::header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                        std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                        std::uint8_t, void* user) {
  session_of(user).events_.on_header(view(name, name_size), view(value, value_size));
  return 0;
}

int H2Callbacks::frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& self = session_of(user);
  const std::int32_t id = frame->hd.stream_id;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS: {
      const bool trailers = self.side_ == H2Side::kServer ? frame->headers.cat != NGHTTP2_HCAT_REQUEST
                                                          : frame->headers.cat != NGHTTP2_HCAT_RESPONSE;
      self.events_.on_block_end(id, self.block_stream_, trailers);
      break;
    }
    case NGHTTP2_DATA:
      if (frame->hd.length == frame->data.padlen && !ends_stream(*frame)) self.events_.on_empty_data();
      break;
    case NGHTTP2_PING:
      self.events_.on_ping((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
      return 0;
    case NGHTTP2_SETTINGS:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.events_.on_settings();
      return 0;
    case NGHTTP2_GOAWAY:
      self.events_.on_goaway(frame->goaway.error_code,
                             view(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
      return 0;
    default:
      return 0;
  }
  if (!ends_stream(*frame)) return 0;
  if (H2Stream* stream = self.find(id)) self.events_.on_peer_end(*stream);
  return 0;
}

int H2Callbacks::invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int code, void* user) {
  const std::string what = "frame_type=" + std::to_string(frame->hd.type) +
                           " stream=" + std::to_string(frame->hd.stream_id) + " error=\"" +
                           nghttp2_strerror(code) + "\"";
  session_of(user).events_.on_violation(what);
  return 0;
}

int H2Callbacks::data_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                            std::size_t size, void* user) {
  H2Session& self = session_of(user);
  if (H2Stream* stream = self.find(id)) {
    self.events_.on_data(*stream, view(data, size));
  } else {
    self.consume_connection(size);
  }
  return 0;
}

int H2Callbacks::stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
  H2Session& self = session_of(user);
  if (self.block_stream_ != nullptr && self.block_stream_->id == id) self.block_stream_ = nullptr;
  if (error != NGHTTP2_NO_ERROR) self.events_.on_stream_error(error);
  if (H2Stream* stream = self.find(id)) self.events_.on_stream_closed(*stream, error);
  self.found_id_ = 0;
  self.found_ = nullptr;
  return 0;
}

int H2Callbacks::frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  H2Session& self = session_of(user);
  if (self.side_ == H2Side::kClient) {
    H2Stream* stream = opens_stream(*frame) ? self.find(frame->hd.stream_id) : nullptr;
    if (stream != nullptr) self.events_.on_request_sent(*stream);
    return 0;
  }
  self.events_.on_answer_sent();
  // The answer is complete and the client still sends: tell it not to bother (gRPC over HTTP/2, "Responses").
  if (ends_stream(*frame) && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
    self.reset(frame->hd.stream_id, H2Error::kNone);
  }
  return 0;
}

int H2Callbacks::frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int code, void* user) {
  const bool stream_gone = code == NGHTTP2_ERR_STREAM_CLOSED || code == NGHTTP2_ERR_STREAM_CLOSING;
  if (frame->hd.type != NGHTTP2_HEADERS || stream_gone) return 0;
  H2Session& self = session_of(user);
  self.events_.on_violation("headers not sent: " + std::string(nghttp2_strerror(code)));
  // The peer would wait for ever for an answer that cannot be sent.
  if (self.side_ == H2Side::kServer) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_INTERNAL_ERROR);
  }
  return 0;
}

ssize_t H2Callbacks::read_body(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t size,
                               std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  const std::size_t available = stream.output.size();
  if (available == 0 && !stream.output_ended) return NGHTTP2_ERR_DEFERRED;
  const std::size_t count = std::min(size, available);
  if (count > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (count == available && stream.output_ended) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.submit_trailers()) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(count);
}

int H2Callbacks::send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_header,
                           std::size_t size, nghttp2_data_source* source, void* user) {
  H2Session& self = session_of(user);
  if (self.out_->size() >= self.out_bytes_max_) return NGHTTP2_ERR_WOULDBLOCK;  // asked again next time
  auto& stream = *static_cast<H2Stream*>(source->ptr);
  RAFT_CHECK(frame->data.padlen == 0);  // we never ask for padding
  self.out_->append(view(frame_header, kFrameHeaderBytes));
  stream.output.take(size, *self.out_);
  stream.on_output_taken(size);
  return 0;
}

}  // namespace kv::rpc
