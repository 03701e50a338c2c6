// One attempt to reach a peer, and the connection that came of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "libraft/net/frame.h"
#include "libraft/net/handshake.h"
#include "libraft/net/net_context.h"
#include "libraft/net/wire.h"

namespace raft {

/// Who owns an Outgoing. Called on the I/O thread, never from inside a call to it.
class OutgoingEvents {
 public:
  virtual ~OutgoingEvents() = default;
  /// Both sides know each other: write() may be called.
  virtual void on_established() = 0;
  /// What write() took has been handed to the socket.
  virtual void on_written() = 0;
  /// The attempt failed or the connection ended. The last event.
  virtual void on_lost(const std::string& reason) = 0;
};

/// Lookup, connect, TLS, hello; then frames out, and an eye on the other end. Owned by its peer and by its
/// operations in flight. Thread: the I/O thread.
class Outgoing : public std::enable_shared_from_this<Outgoing> {
 public:
  struct Target {
    NodeId peer;
    Endpoint endpoint;
    std::size_t turn = 0;  ///< which of a name's addresses comes first: one that swallows packets takes all
                           ///< the time there is
    Lane lane = Lane::kUsual;
  };

  /// `events` must live until close().
  Outgoing(boost::asio::io_context& io, NetContext& context, Target target, OutgoingEvents& events);

  void start();
  /// True: the whole frame has been handed to the socket, and `frame` is as it was. False: taken by swapping,
  /// `frame` gets a used buffer back, and on_written will follow. Requires an established connection and that
  /// the last frame was written.
  [[nodiscard]] bool write(std::string& frame);
  /// Of the peer protocol, on an established connection: what both sides know.
  [[nodiscard]] std::uint32_t version() const { return version_; }
  /// No events any more.
  void close();

 private:
  using error_code = boost::system::error_code;

  void watch(std::chrono::milliseconds after);
  void on_watch();
  void resolve();
  void on_resolved(const boost::asio::ip::tcp::resolver::results_type& addresses);
  void connect(const std::vector<boost::asio::ip::tcp::endpoint>& addresses);
  void on_connected(const error_code& error);
  void on_secure(const error_code& error);
  void write_more();
  void on_written(const error_code& error, std::size_t count);
  void read();
  void on_read(const error_code& error, std::size_t count);
  void on_frame(const Frame& frame);
  void on_hello(std::string_view body);
  void on_refusal(std::string_view body);
  void establish();
  void lose(const std::string& reason);

  NetContext& context_;
  const Target target_;
  OutgoingEvents* events_;
  // Shared with the sender's other connections over time, and with whoever reads the counters.
  const std::shared_ptr<PeerTally> tally_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<Wire> wire_;
  FrameReader reader_{kHandshakeBodyBytesMax};
  std::string output_;
  std::size_t output_written_ = 0;
  std::uint32_t version_ = kPeerProtocolOldest;
  bool acceptable_ = false;  // the other side's hello came and is good
  bool established_ = false;
  bool writing_ = false;
  std::uint64_t writes_ = 0;          // grows when bytes go
  std::uint64_t writes_watched_ = 0;  // as on_watch last saw it
};

}  // namespace raft
