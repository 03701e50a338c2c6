// The client's end of one HTTP/2 connection.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libkv/rpc/client.h"
#include "libkv/rpc/client_call.h"
#include "libkv/rpc/h2_session.h"
#include "libkv/rpc/keepalive.h"
#include "libkv/rpc/loop.h"
#include "libkv/rpc/stream_table.h"
#include "libkv/rpc/wire.h"

namespace kv::rpc {

class ClientLoopImpl;

/// Owned by its loop until it is lost. Thread: the loop's, except for inbox(), connected() and
/// receive_message_bytes_max(), which any may use.
class ClientConnection final : public Flushable, private WireEvents, private H2Events {
 public:
  /// `ready` runs once: with true at the server's SETTINGS, with false when that does not come to pass.
  ClientConnection(ClientLoopImpl& home, ChannelOptions options, std::shared_ptr<Wire> wire,
                   std::function<void(bool)> ready);
  ~ClientConnection() override;

  /// False once the connection is lost or about to be.
  [[nodiscard]] bool connected() const { return connected_.load(std::memory_order_acquire); }

  void start();
  /// Nobody will start calls any more: closes once those under way are over.
  void release();
  /// Ends every call with `status` and closes.
  void lose(Status status);
  void flush() override;

  // For the calls.
  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] std::size_t receive_message_bytes_max() const { return options_.receive_message_bytes_max; }
  /// The headers that every request has; `path` outlives the call's stream.
  /// Valid until the next call.
  std::vector<Header>& common_headers(std::string_view path);
  /// False when the connection takes no requests any more.
  bool submit(const std::shared_ptr<ClientCall>& call, std::span<const Header> headers);
  void resume(ClientCall& call);
  void reset(std::int32_t id);
  [[nodiscard]] Status lost_status() const;

 private:
  // WireEvents
  void on_ready() override;
  void on_bytes(std::string_view bytes) override;
  void on_writable() override;
  void on_closed(std::string_view reason) override;
  // H2Events
  void on_block_begin(std::int32_t id, H2Stream* stream) override;
  void on_header(std::string_view name, std::string_view value) override;
  void on_block_end(std::int32_t id, H2Stream* stream, bool trailers) override;
  void on_data(H2Stream& stream, std::string_view bytes) override;
  void on_empty_data() override {}
  void on_peer_end(H2Stream& stream) override;
  void on_stream_closed(H2Stream& stream, std::uint32_t error) override;
  void on_request_sent(H2Stream& stream) override;
  void on_stream_error(std::uint32_t) override {}
  void on_ping(bool) override {}
  void on_settings() override;
  void on_goaway(std::uint32_t error, std::string_view text) override;
  void on_answer_sent() override {}
  void on_violation(std::string_view what) override;

  void tell_ready(bool stands);
  void check_peer();

  ClientLoopImpl& home_;
  Loop& loop_;
  const std::shared_ptr<Inbox> inbox_;  // outlives the loop
  const ChannelOptions options_;
  const std::string authority_;
  std::atomic<bool> connected_ = true;

  std::shared_ptr<Wire> wire_;  // shared with its operations in flight; null once lost
  std::function<void(bool)> ready_;
  H2Session session_;
  std::vector<Header> headers_;  // of the request being submitted; kept for its capacity
  StreamTable<ClientCall> calls_;
  ClientCall* block_call_ = nullptr;  // of the header block being received
  Keepalive keepalive_;
  CallbackTimer keepalive_timer_;
  bool overdue_ = false;   // the answer to a ping is late
  std::string violation_;  // the last one, for the reason of the loss
  Status lost_status_{};
  bool lost_ = false;
  bool released_ = false;
};

}  // namespace kv::rpc
