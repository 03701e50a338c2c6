// The server's end of one HTTP/2 connection.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "libkv/rpc/flood_guard.h"
#include "libkv/rpc/h2_session.h"
#include "libkv/rpc/keepalive.h"
#include "libkv/rpc/loop.h"
#include "libkv/rpc/protocol.h"
#include "libkv/rpc/request_head.h"
#include "libkv/rpc/server_stream.h"
#include "libkv/rpc/server_worker.h"
#include "libkv/rpc/stream_table.h"

namespace kv::rpc {

class GrpcCall;

/// Who is at the other end.
struct Remote {
  std::string address;
  std::string certificate_name;  ///< as ServerCall's
};

/// `established` runs at the client's first SETTINGS.
std::unique_ptr<Protocol> make_h2_server(ServerWorker& worker, ServerConnection& connection, Remote remote,
                                         std::function<void()> established);

/// What calls keep of their connection: they may outlive it.
struct CallHome {
  std::shared_ptr<Inbox> inbox;
  Remote remote;
};

/// Takes requests apart, owns their streams, guards against floods. Thread: the worker's loop.
class H2Server final : public Protocol, private H2Events {
 public:
  H2Server(ServerWorker& worker, ServerConnection& connection, Remote remote,
           std::function<void()> established);
  ~H2Server() override;

  bool receive(std::string_view bytes) override;
  void produce(std::string& out, std::size_t bytes_max) override;
  [[nodiscard]] bool wants_write() const override { return session_.wants_write(); }
  [[nodiscard]] bool finished() const override;
  void lost() override;
  void drain() override;
  void end() override;

  // For the streams.
  [[nodiscard]] H2Session& session() { return session_; }
  [[nodiscard]] ServerWorker& worker() { return worker_; }
  [[nodiscard]] const std::shared_ptr<const CallHome>& home() const { return home_; }
  [[nodiscard]] const std::shared_ptr<ServerStream>& shared(const ServerStream& stream) const {
    return streams_.shared(stream);
  }
  /// There is output.
  void flush();
  void output_queued(std::size_t bytes) { queued_bytes_ += bytes; }
  void output_left(std::size_t bytes) { queued_bytes_ -= bytes; }
  /// Too many answers wait for the client: requests have to wait too.
  [[nodiscard]] bool congested() const;
  /// Calls stream.release_held() once answers have left.
  void hold(const ServerStream& stream);
  /// Whether a call may work on its answer now: the client reads, nobody waits already, and the turn is
  /// young.
  [[nodiscard]] bool may_answer() const;
  /// Calls call.run_put_off() in a later turn, once for each time.
  void put_off(GrpcCall& call);
  /// A call that was put off is over.
  void put_off_dropped() { ++put_off_dropped_; }

 private:
  void on_block_begin(std::int32_t id, H2Stream* stream) override;
  void on_header(std::string_view name, std::string_view value) override;
  void on_block_end(std::int32_t id, H2Stream* stream, bool trailers) override;
  void on_data(H2Stream& stream, std::string_view bytes) override;
  void on_empty_data() override;
  void on_peer_end(H2Stream& stream) override;
  void on_stream_closed(H2Stream& stream, std::uint32_t error) override;
  void on_request_sent(H2Stream&) override {}
  void on_stream_error(std::uint32_t error) override;
  void on_ping(bool acknowledgement) override;
  void on_settings() override;
  void on_goaway(std::uint32_t error, std::string_view text) override;
  void on_answer_sent() override { ping_guard_.sent_answer(); }
  void on_violation(std::string_view what) override;

  void open_call(std::int32_t id);
  void add(std::int32_t id, std::shared_ptr<ServerStream> stream);
  void release_held();
  void run_put_off();
  void forget_dropped();
  void check_keepalive();
  void final_goaway();
  void expel(std::string_view why);

  ServerWorker& worker_;
  ServerConnection& connection_;
  std::shared_ptr<const CallHome> home_;  // shared with the calls
  std::function<void()> established_;
  H2Session session_;
  StreamTable<ServerStream> streams_;
  std::vector<std::shared_ptr<ServerStream>> held_streams_;
  std::deque<std::shared_ptr<GrpcCall>> put_off_;  // shared with their streams' table
  Loop::Clock::time_point slice_turn_;             // when answers that were put off had their last slice
  std::size_t put_off_dropped_ = 0;                // calls in put_off_ that are over, at least
  RequestHead head_;
  PingGuard ping_guard_;
  FloodGuard reset_guard_;
  FloodGuard empty_guard_;
  Keepalive keepalive_;
  CallbackTimer keepalive_timer_;
  CallbackTimer notice_timer_;
  std::size_t queued_bytes_ = 0;  // of all streams
  bool noticed_ = false;          // the client was told that we shut down
  bool leaving_ = false;          // the final GOAWAY is submitted
  bool expelled_ = false;         // the client broke a rule: close once it is told
  bool lost_ = false;
};

}  // namespace kv::rpc
