// A gRPC server over HTTP/2 (nghttp2 on Asio), with HTTP/1.1 beside it on the same port. Knows gRPC, not KV.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libkv/rpc/metadata.h"
#include "libkv/rpc/status.h"
#include "libraft/base/log_sink.h"
#include "libraft/base/result.h"

namespace kv::rpc {

/// One call in progress. It outlives its connection: whatever is sent after the client went away is dropped.
/// Thread: every method may be called from any thread unless it says otherwise.
class ServerCall {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~ServerCall() = default;

  /// "/package.Service/Method".
  [[nodiscard]] virtual std::string_view path() const = 0;
  [[nodiscard]] virtual const Metadata& metadata() const = 0;
  /// From grpc-timeout. At the deadline the call answers DeadlineExceeded by itself.
  [[nodiscard]] virtual std::optional<Clock::time_point> deadline() const = 0;
  /// The client's address, "127.0.0.1:40000".
  [[nodiscard]] virtual std::string_view peer() const = 0;
  /// The common name in the certificate that the client showed and that was verified; empty without one, and
  /// for calls that do not come over the client's own connection of gRPC.
  [[nodiscard]] virtual std::string_view certificate_name() const = 0;
  /// True once the client reset the stream, the deadline passed or the connection broke.
  [[nodiscard]] virtual bool cancelled() const = 0;

  /// Queues one response message. Nothing after finish.
  virtual void send(std::string message) = 0;
  /// Ends the call. The first finish counts; later ones do nothing.
  virtual void finish(Status status) = 0;
  /// send and finish with OK in one step: the usual end of a unary call.
  virtual void reply(std::string message) = 0;
  /// Runs `work` on the thread of the call's connection, in order with other work posted for it; later when
  /// the client does not read its answers, never when the call is over by then.
  virtual void post(std::function<void()> work) = 0;
  /// Response messages and bytes queued that HTTP/2 flow control has not let out yet.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

using CallPtr = std::shared_ptr<ServerCall>;  // shared by the connection and by whoever will answer

/// A unary method: called on the connection's thread with the whole request message, which lives until it
/// returns.
using UnaryHandler = std::function<void(const CallPtr&, std::string_view request)>;

/// What a streaming method does with its client's messages; called on the connection's thread, in order.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void on_message(std::string_view message) = 0;
  /// The client sends no more.
  virtual void on_half_close() = 0;
  /// The call is over for any reason: finished, reset, deadline, connection lost. The last one called.
  virtual void on_done() = 0;
};

/// Opens one streaming call.
using StreamFactory = std::function<std::unique_ptr<StreamHandler>(const CallPtr&)>;

struct Method {
  std::string path;
  UnaryHandler unary;  ///< one of the two is set
  StreamFactory stream;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  Metadata headers;
};

/// An HTTP request's connection, for answers that are given in pieces: begin, then write as often as one
/// likes, then end. What is sent after the client went away is dropped. Thread: any.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  /// The head, whose body goes on: response.body is its first piece.
  virtual void begin(HttpResponse head) = 0;
  virtual void write(std::string piece) = 0;
  virtual void end() = 0;
  /// Bytes written that the connection has not taken yet.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// Runs `work` on the connection's thread, in order with pieces and other work.
  virtual void post(std::function<void()> work) = 0;
  /// Calls `closed` on the connection's thread when the client goes away before the end; at once when it has.
  /// Set it on that thread.
  virtual void on_closed(std::function<void()> closed) = 0;
};

struct HttpRequest {
  std::string method;
  std::string target;  ///< path and query as sent
  std::string body;
  Metadata headers;
  /// Instead of an answer in one piece. Shared by the connection and by whoever answers.
  std::shared_ptr<HttpExchange> exchange;
};

/// Answers one plain HTTP request, now or later, from any thread, exactly once.
using HttpHandler = std::function<void(HttpRequest, std::function<void(HttpResponse)> answer)>;

struct TlsOptions {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;    ///< empty: clients are not asked for a certificate
  bool client_cert_auth = false;  ///< refuse clients without a certificate signed by trusted_ca_file
};

struct ServerOptions {
  int io_threads = 0;  ///< 0: one per core, at most 4
  std::size_t receive_message_bytes_max = 2097152;
  std::uint32_t concurrent_streams_max = 4294967295U;
  std::size_t connections_max = 65536;
  std::size_t http_body_bytes_max = 2097152;
  std::chrono::milliseconds handshake_timeout{10000};     ///< from accept to preface, TLS or first request
  std::chrono::milliseconds keepalive_min_time{5000};     ///< clients that ping more often get GOAWAY
  std::chrono::milliseconds keepalive_interval{7200000};  ///< the server pings an idle connection this often
  std::chrono::milliseconds keepalive_timeout{20000};     ///< and drops it when no answer comes
};

/// Counts calls and bytes for /metrics. Called on the connections' threads.
struct ServerObserver {
  std::function<void(std::string_view path)> started;
  std::function<void(std::string_view path, Code code, std::chrono::nanoseconds took)> handled;
  std::function<void(std::size_t received, std::size_t sent)> bytes;
};

/// Register every method, then listen, then start. Owns its I/O threads; each connection lives on one of
/// them.
class Server {
 public:
  static std::unique_ptr<Server> create(ServerOptions options, ServerObserver observer, raft::LogSink log);
  virtual ~Server() = default;  ///< stops at once

  virtual void add_unary(std::string path, UnaryHandler handler) = 0;
  virtual void add_stream(std::string path, StreamFactory factory) = 0;
  /// A method by its path, for who calls it without gRPC; null when there is none. It lives as long as this.
  [[nodiscard]] virtual const Method* find(std::string_view path) const = 0;
  /// Everything that is not gRPC. Without one, HTTP/1.1 requests get 404.
  virtual void set_http(HttpHandler handler) = 0;

  /// Binds; `port` 0 takes a free one. Returns the port bound. A port in use is kUnavailable and names the
  /// address.
  virtual raft::Result<std::uint16_t> listen(const std::string& host, std::uint16_t port,
                                             std::optional<TlsOptions> tls) = 0;
  /// Accepts from now on.
  virtual void start() = 0;
  /// GOAWAY to every connection and no new ones; waits until open unary calls are answered or `limit` passes,
  /// ends streams with Unavailable "etcdserver: server stopped", then stops the threads.
  virtual void drain(std::chrono::milliseconds limit) = 0;
};

}  // namespace kv::rpc
