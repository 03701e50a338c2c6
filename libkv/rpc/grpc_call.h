// One gRPC call on the server: from its header block to its trailers.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libkv/rpc/grpc_frame.h"
#include "libkv/rpc/inbox.h"
#include "libkv/rpc/loop.h"
#include "libkv/rpc/registry.h"
#include "libkv/rpc/request_head.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/server_stream.h"
#include "libkv/rpc/timer_wheel.h"

namespace kv::rpc {

class H2Server;
class H2Session;
struct CallHome;

/// What calls are answered with while the server stops.
Status server_stopped();
/// Ends a stream that never became a call: the status in one HEADERS frame.
void answer_without_call(H2Session& session, std::int32_t id, const Status& status);
/// gRPC is POST only.
void refuse_method(H2Session& session, std::int32_t id);

/// Lives in two worlds: the ServerCall side may be used from any thread at any time, everything else belongs
/// to the loop and ends with on_closed.
class GrpcCall final : public ServerCall,
                       public Addressee,
                       public ServerStream,
                       public Afterthought,
                       public Timer,
                       public std::enable_shared_from_this<GrpcCall> {
 public:
  using Clock = std::chrono::steady_clock;

  GrpcCall(H2Server& server, const Method& method);
  ~GrpcCall() override;

  /// Takes what the call needs out of `head`. The stream must be in its table.
  void open(RequestHead& head);
  /// Runs the first piece of work that was put off, if the call is still open.
  void run_put_off();
  [[nodiscard]] bool over() const { return finished_ || server_ == nullptr; }

  // ServerCall: any thread.
  [[nodiscard]] std::string_view path() const override { return method_.path; }
  [[nodiscard]] const Metadata& metadata() const override { return metadata_; }
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override { return deadline_; }
  [[nodiscard]] std::string_view peer() const override;
  [[nodiscard]] std::string_view certificate_name() const override;
  [[nodiscard]] bool cancelled() const override { return cancelled_.load(std::memory_order_relaxed); }
  void send(std::string message) override;
  void finish(Status status) override;
  void reply(std::string message) override;
  void post(std::function<void()> work) override;
  [[nodiscard]] std::size_t queued_bytes() const override {
    return queued_bytes_.load(std::memory_order_relaxed);
  }

 private:
  // ServerStream
  void on_data(std::string_view bytes) override;
  void on_peer_end() override;
  void on_closed() override;
  void release_held() override;
  void on_shutdown() override;
  // H2Stream
  bool submit_trailers() override;
  void on_output_taken(std::size_t count) override;
  // Addressee
  void deliver(Mail&& mail) override;
  void run(Work&& work) override;
  // Timer
  void on_timer() override;
  // Afterthought
  void at_turn_end() override;

  void hand_over(Mail&& mail);
  void feed(std::string_view bytes);
  bool take_frame(const FrameReader::Frame& frame);
  bool unpack_and_dispatch(std::string_view packed);
  void dispatch(std::string_view message);
  void end_of_requests();
  [[nodiscard]] bool must_wait() const;
  void queue(std::string message);
  void conclude(Status status);
  void settle(Code code);
  void submit_headers();

  // Constant after open().
  const Method& method_;
  const std::shared_ptr<const CallHome> home_;  // shared with the connection and its other calls
  Metadata metadata_;
  std::optional<Clock::time_point> deadline_;
  Clock::time_point began_;
  std::string encoding_;

  std::atomic<bool> cancelled_ = false;
  std::atomic<std::size_t> queued_bytes_ = 0;

  // The loop's thread only.
  H2Server* server_;  // null once the stream is closed
  FrameReader reader_;
  std::unique_ptr<StreamHandler> handler_;
  std::string held_;  // input that waits until answers have left
  bool held_end_ = false;
  std::vector<Work> put_off_;  // each with an entry in the server's queue
  bool dispatched_ = false;    // the unary handler has run
  bool headers_sent_ = false;
  bool finished_ = false;  // by the handler, a deadline or the connection
  Status status_;
};

}  // namespace kv::rpc
