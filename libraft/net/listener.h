// Where peers reach us: accepts their connections and keeps them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/net/incoming.h"
#include "libraft/net/net_context.h"

namespace raft {

/// Thread: open before the I/O thread starts; the rest on it.
class Listener : private IncomingEvents {
 public:
  /// `heard_of` is called for every peer whose connection was accepted.
  Listener(boost::asio::io_context& io, NetContext& context, std::function<void(NodeId)> heard_of);

  /// Binds and listens: connections wait in the kernel until start(). Errors, naming the address:
  /// kUnavailable (in use, no permission), kInvalidArgument (no such host or interface).
  Result<void> open(const std::vector<Endpoint>& endpoints);
  /// The ports bound, in the order of open's endpoints.
  [[nodiscard]] std::vector<std::uint16_t> bound_ports() const;

  void start();
  /// Closes what that peer dialled; it may dial again.
  void drop(NodeId peer);
  /// Closes every socket.
  void stop();

 private:
  struct Door {
    explicit Door(boost::asio::io_context& io) : acceptor(io), pause(io) {}
    boost::asio::ip::tcp::acceptor acceptor;
    boost::asio::steady_timer pause;  // after a failed accept
  };

  Result<void> open(const Endpoint& endpoint);
  void accept(Door& door);
  void on_accept(Door& door, const boost::system::error_code& error, boost::asio::ip::tcp::socket socket);
  void admit(boost::asio::ip::tcp::socket socket);
  void on_accepted(Incoming& connection, NodeId peer) override;
  void on_closed(Incoming& connection) override;

  boost::asio::io_context& io_;
  NetContext& context_;
  const std::function<void(NodeId)> heard_of_;
  std::vector<std::unique_ptr<Door>> doors_;
  // Shared with their own operations in flight.
  std::map<const Incoming*, std::shared_ptr<Incoming>> connections_;
  // The one connection of each peer and lane that counts.
  std::map<std::pair<NodeId, Lane>, Incoming*> accepted_;
  bool stopped_ = false;
};

}  // namespace raft
