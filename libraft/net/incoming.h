// One connection that a peer made to us: its hello, then its messages.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libraft/net/frame.h"
#include "libraft/net/handshake.h"
#include "libraft/net/net_context.h"
#include "libraft/net/wire.h"

namespace raft {

class Incoming;

/// Who owns the incoming connections. Called on the I/O thread.
class IncomingEvents {
 public:
  virtual ~IncomingEvents() = default;
  /// The handshake is done; nothing of `peer` has been delivered yet.
  virtual void on_accepted(Incoming& connection, NodeId peer) = 0;
  /// The last event.
  virtual void on_closed(Incoming& connection) = 0;
};

/// Owned by the listener and by its operations in flight. Thread: the I/O thread.
class Incoming : public std::enable_shared_from_this<Incoming> {
 public:
  /// `events` must live until close() or on_closed. `remote` names the other end in logs.
  Incoming(std::unique_ptr<Wire> wire, NetContext& context, std::string remote, IncomingEvents& events);

  void start();
  /// No events and no messages any more.
  void close();
  /// Who it is, once accepted.
  [[nodiscard]] std::optional<NodeId> peer() const { return peer_; }
  [[nodiscard]] Lane lane() const { return lane_; }

 private:
  using error_code = boost::system::error_code;

  void watch(std::chrono::milliseconds after);
  void on_watch();
  void on_secure(const error_code& error);
  void read();
  void on_read(const error_code& error, std::size_t count);
  void on_frames();
  void on_frame(const Frame& frame);
  void on_hello(const Frame& frame);
  void on_roster_request();
  void on_messages(std::string_view body);
  void deliver();
  void refuse(const Hello& hello, const Refusal& refusal);
  void write(std::string frame);
  void write_more();
  void on_written(const error_code& error, std::size_t count);
  void finish();
  void finish_for(const std::string& fault);

  NetContext& context_;
  const std::string remote_;
  IncomingEvents* events_;
  std::unique_ptr<Wire> wire_;
  boost::asio::steady_timer timer_;
  FrameReader reader_{kHandshakeBodyBytesMax};
  std::optional<NodeId> peer_;
  Lane lane_ = Lane::kUsual;
  std::shared_ptr<PeerTally> tally_;  // the peer's; shared with its other connections. Null before its hello
  std::vector<Message> arrived_;
  std::string output_;
  std::size_t output_written_ = 0;
  bool ending_ = false;  // what is being written is the last
  std::uint64_t reads_ = 0;
  std::uint64_t reads_watched_ = 0;  // as on_watch last saw it
};

}  // namespace raft
