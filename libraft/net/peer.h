// What goes to one peer: its queue, its connection, and the next attempt when there is none.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libraft/net/backoff.h"
#include "libraft/net/net_context.h"
#include "libraft/net/outgoing.h"
#include "libraft/net/send_queue.h"

namespace raft {

/// Owned by the transport and by its operations in flight.
class Peer : public std::enable_shared_from_this<Peer>, private OutgoingEvents {
 public:
  /// Requires at least one endpoint in `address`.
  /// Only the usual lane counts towards the peer's tally.
  Peer(boost::asio::io_context& io, NetContext& context, PeerAddress address, Lane lane, Random random);

  /// Thread: any. Wakes the I/O thread only if nothing was queued.
  void send(std::vector<Message>&& messages);
  [[nodiscard]] bool connected() const { return tally_->connected.load(std::memory_order_relaxed); }

  // Thread: the I/O thread, from here on.

  void start();
  /// Leaves the present connection unless the address is the same.
  void move_to(PeerAddress address);
  /// The peer was heard of: an attempt that waits for its time is made now.
  void heard_of();
  /// For ever.
  void stop();

 private:
  void on_established() override;
  void on_written() override;
  void on_lost(const std::string& reason) override;

  void connect();
  void disconnect();
  void retry_later();
  void flush();
  void fill_frame();
  void frame_written();
  [[nodiscard]] const Endpoint& endpoint() const;
  void report(LogLevel level, std::string_view event, const std::string& rest);

  boost::asio::io_context& io_;
  NetContext& context_;
  const NodeId id_;
  const Lane lane_;
  // Shared with the connections of this peer and with whoever reads the counters.
  const std::shared_ptr<PeerTally> tally_;
  SendQueue queue_;  // any thread

  // I/O thread only.
  PeerAddress address_;
  std::size_t attempts_ = 0;  // picks the endpoint
  Backoff backoff_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<Outgoing> connection_;  // shared with its own operations; null between attempts
  std::chrono::steady_clock::time_point established_at_;
  bool established_ = false;
  bool writing_ = false;
  bool stopped_ = false;
  std::vector<Message> batch_;  // taken from the queue; before batch_next_ encoded
  std::size_t batch_next_ = 0;
  std::string frame_;
  std::size_t frame_messages_ = 0;  // in the frame being written
  std::size_t frame_bytes_ = 0;
};

}  // namespace raft
