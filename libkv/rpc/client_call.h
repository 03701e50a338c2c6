// One call on the client: from its request to its status.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/rpc/client.h"
#include "libkv/rpc/grpc_frame.h"
#include "libkv/rpc/h2_stream.h"
#include "libkv/rpc/inbox.h"
#include "libkv/rpc/timer_wheel.h"

namespace kv::rpc {

class ClientConnection;

/// What the caller asked for and whom to tell.
struct ClientRequest {
  std::string path;
  CallOptions options;
  std::string message;                        ///< unary only
  std::function<void(UnaryResult)> done;      ///< unary
  std::optional<StreamEvents> stream_events;  ///< streams
};

/// Thread: the loop's, except for ClientStream's methods, which may be used from any.
class ClientCall final : public ClientStream,
                         public Addressee,
                         public H2Stream,
                         public Timer,
                         public std::enable_shared_from_this<ClientCall> {
 public:
  ClientCall(std::shared_ptr<ClientConnection> connection, ClientRequest request,
             std::size_t message_bytes_max);
  ~ClientCall() override;

  // ClientStream: any thread.
  void send(std::string message) override;
  void half_close() override;
  void cancel() override;

  /// Submits the request, or fails the call.
  void start();

  // From the connection's session.
  void on_header(std::string_view name, std::string_view value);
  void on_headers_end();
  void on_data(std::string_view bytes);
  void on_peer_end();
  void on_stream_closed(std::uint32_t h2_error);
  void on_sent() { sent_ = true; }
  /// The connection is lost, or the loop ends.
  void fail(Status status);

  [[nodiscard]] bool finished() const { return finished_; }

 private:
  void deliver(Mail&& mail) override;
  void on_timer() override;
  bool submit_trailers() override { return false; }
  void on_output_taken(std::size_t) override {}

  void hand_over(Mail&& mail);
  void submit();
  void push_output(std::string message);
  void end_output();
  void abort(Status status);
  void take_message(std::string_view message);
  void finish(Status status);
  [[nodiscard]] Status final_status() const;

  // Constant after construction, except that finish() empties the callbacks.
  std::shared_ptr<ClientConnection> connection_;  // a channel lives as long as its calls
  ClientRequest request_;
  std::string timeout_text_;

  FrameReader reader_;
  std::string response_;
  std::string http_status_;
  std::string content_type_;
  std::optional<Code> code_;
  std::string message_;
  bool started_ = false;   // the session knows the stream
  bool sent_ = false;      // the server may have seen it
  bool received_ = false;  // a unary call's message
  bool finished_ = false;
};

}  // namespace kv::rpc
