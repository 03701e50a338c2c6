// A gRPC client: one HTTP/2 connection to one endpoint, many calls on it. Serves kvctl, the benchmark and the
// tests.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/rpc/metadata.h"
#include "libkv/rpc/status.h"
#include "libraft/base/result.h"

namespace kv::rpc {

struct ClientTlsOptions {
  std::string trusted_ca_file;  ///< empty: the system's
  std::string cert_file;        ///< the client's own; empty: none
  std::string key_file;
  bool skip_verify = false;
};

struct ChannelOptions {
  std::string host;
  std::uint16_t port = 0;
  std::optional<ClientTlsOptions> tls;
  std::chrono::milliseconds connect_timeout{2000};
  std::size_t receive_message_bytes_max = 2147483647;
  /// While calls are open: how long the server may say nothing before it is pinged, and how long it may take
  /// to answer that; the connection is lost then. etcd's servers take more than one ping in 5 s amiss.
  std::chrono::milliseconds keepalive_interval{10000};
  std::chrono::milliseconds keepalive_timeout{6000};
};

struct CallOptions {
  std::optional<std::chrono::milliseconds> timeout;  ///< sent as grpc-timeout and kept here too
  Metadata metadata;
};

struct UnaryResult {
  Status status;
  std::string response;
  /// False when it is certain that the server never saw the request (not connected, or refused by GOAWAY).
  bool sent = false;
};

/// The client's side of a streaming call. Thread: send and cancel from any; callbacks on the loop's thread.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  virtual void send(std::string message) = 0;
  virtual void half_close() = 0;
  virtual void cancel() = 0;
};

struct StreamEvents {
  std::function<void(std::string message)> on_message;
  std::function<void(Status status)> on_done;
};

/// The thread that channels live on. One loop can carry many channels.
class ClientLoop {
 public:
  static std::unique_ptr<ClientLoop> create();
  virtual ~ClientLoop() = default;  ///< cancels every call, then joins the thread
};

class Channel {
 public:
  /// Connects now, blocking up to connect_timeout. kUnavailable names the address.
  static raft::Result<std::shared_ptr<Channel>> connect(ClientLoop& loop, ChannelOptions options);
  virtual ~Channel() = default;

  /// Starts a unary call; `done` runs on the loop's thread, exactly once.
  virtual void unary(std::string_view path, std::string request, CallOptions options,
                     std::function<void(UnaryResult)> done) = 0;
  /// The same, waiting for the answer. Not from the loop's thread.
  virtual UnaryResult call(std::string_view path, std::string request, CallOptions options) = 0;
  virtual std::shared_ptr<ClientStream> stream(std::string_view path, CallOptions options,
                                               StreamEvents events) = 0;
  /// False once the connection is lost; a lost channel stays lost.
  [[nodiscard]] virtual bool connected() const = 0;
};

}  // namespace kv::rpc
