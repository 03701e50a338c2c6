// nghttp2's session behind an interface of our own: bytes in, events out, frames submitted, bytes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "libkv/rpc/h2_stream.h"

struct nghttp2_session;

namespace kv::rpc {

/// HTTP/2's error codes that we name.
enum class H2Error : std::uint32_t {
  kNone = 0,
  kProtocol = 1,
  kInternal = 2,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

/// The code's name as RFC 9113 spells it, or its number.
std::string h2_error_name(std::uint32_t code);

struct Header {
  std::string_view name;
  std::string_view value;
  bool value_outlives_stream = false;  ///< then it is not copied
  bool name_outlives_stream = true;    ///< a literal, usually
};

/// What comes in. `stream` is null when the session no longer has an object for it.
/// No method may call receive or produce.
class H2Events {
 public:
  virtual ~H2Events() = default;
  /// A header block begins; its headers follow without anything between.
  virtual void on_block_begin(std::int32_t id, H2Stream* stream) = 0;
  virtual void on_header(std::string_view name, std::string_view value) = 0;
  virtual void on_block_end(std::int32_t id, H2Stream* stream, bool trailers) = 0;
  /// The receiver gives the bytes back to flow control with consume.
  virtual void on_data(H2Stream& stream, std::string_view bytes) = 0;
  /// DATA that neither holds a byte nor ends its stream.
  virtual void on_empty_data() = 0;
  /// The peer sends no more on this stream.
  virtual void on_peer_end(H2Stream& stream) = 0;
  /// The last event of a stream. `error` is HTTP/2's code.
  virtual void on_stream_closed(H2Stream& stream, std::uint32_t error) = 0;
  /// Our HEADERS that open the stream are in the output now (client), or never will be.
  virtual void on_request_sent(H2Stream& stream) = 0;
  /// A stream ended in an error or a reset, whether or not there is an object for it.
  virtual void on_stream_error(std::uint32_t error) = 0;
  virtual void on_ping(bool acknowledgement) = 0;
  virtual void on_settings() = 0;
  virtual void on_goaway(std::uint32_t error, std::string_view text) = 0;
  /// HEADERS or DATA left: an answer, for PingGuard.
  virtual void on_answer_sent() = 0;
  /// The peer broke the protocol; the session deals with it. For the debug log.
  virtual void on_violation(std::string_view what) = 0;
};

enum class H2Side { kServer, kClient };

struct H2Options {
  H2Side side = H2Side::kServer;
  std::uint32_t concurrent_streams_max = 0xFFFFFFFFU;  ///< that the peer may open
};

/// Thread: the loop's.
class H2Session {
 public:
  H2Session(const H2Options& options, H2Events& events);
  ~H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  /// False when the session cannot go on; produce what there is and close.
  bool receive(std::string_view bytes);
  /// Appends output until `out` holds `bytes_max` or a little more.
  void produce(std::string& out, std::size_t bytes_max);
  [[nodiscard]] bool wants_write() const;
  /// Neither side has anything to do any more.
  [[nodiscard]] bool finished() const;

  /// Server: makes `stream` the object of stream `id`.
  void attach(std::int32_t id, H2Stream& stream);

  /// Client: opens a stream whose body is stream.output. False when the session takes no more requests.
  bool request(H2Stream& stream, std::span<const Header> headers);
  /// Server: the response's headers; the body is stream.output.
  void respond(H2Stream& stream, std::span<const Header> headers);
  /// Server: headers and the end of the stream in one; needs no object.
  void respond_without_body(std::int32_t id, std::span<const Header> headers);
  void trailers(std::int32_t id, std::span<const Header> headers);
  /// After something was added to stream.output or output_ended was set.
  void resume(H2Stream& stream);
  void reset(std::int32_t id, H2Error error);

  /// Gives received bytes back to the peer's window, many at a time.
  void consume(H2Stream& stream, std::size_t count);
  /// The same for bytes whose stream does not matter any more.
  void consume_connection(std::size_t count);

  void ping();
  /// Server: asks the client to open no more streams; goaway follows after a round trip.
  void shutdown_notice();
  void goaway(H2Error error, std::string_view text);

 private:
  friend struct H2Callbacks;  // what nghttp2 calls

  void submit_preface(const H2Options& options);
  H2Stream* find(std::int32_t id);

  H2Events& events_;
  H2Side side_;
  nghttp2_session* session_ = nullptr;  // owned; deleted by the destructor
  H2Stream* block_stream_ = nullptr;    // of the header block being received
  std::string* out_ = nullptr;          // where produce() writes
  std::size_t out_bytes_max_ = 0;
  std::size_t unconsumed_ = 0;  // of the connection's window: used, not given back yet
  // nghttp2 looks streams up in a hash table; several callbacks in a row ask for the same one.
  std::int32_t found_id_ = 0;
  H2Stream* found_ = nullptr;
  bool broken_ = false;
};

}  // namespace kv::rpc
