#include "libraft/net/listener.h"

#include <boost/asio/error.hpp>
#include <chrono>
#include <utility>

#include "libraft/core/describe.h"

namespace raft {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Accept fails for want of descriptors or memory: trying again at once would only burn the processor.
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string name_of(const tcp::socket& socket) {
  error_code gone;
  const tcp::endpoint remote = socket.remote_endpoint(gone);
  return gone ? "unknown:0" : describe(Endpoint{remote.address().to_string(), remote.port()});
}

}  // namespace

Listener::Listener(asio::io_context& io, NetContext& context, std::function<void(NodeId)> heard_of)
    : io_(io), context_(context), heard_of_(std::move(heard_of)) {}

Result<void> Listener::open(const std::vector<Endpoint>& endpoints) {
  for (const Endpoint& endpoint : endpoints) RETURN_IF_ERROR(open(endpoint));
  return {};
}

Result<void> Listener::open(const Endpoint& endpoint) {
  const std::string where = "peer address " + describe(endpoint);
  error_code error;
  tcp::resolver resolver(io_);
  const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return fail(ErrorCode::kInvalidArgument, where, "cannot look it up: " + error.message());
  }
  const tcp::endpoint local = found.begin()->endpoint();
  auto door = std::make_unique<Door>(io_);
  tcp::acceptor& acceptor = door->acceptor;
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use || error == asio::error::access_denied) {
    return fail(ErrorCode::kUnavailable, where, "cannot listen: " + error.message());
  }
  if (error) return fail(ErrorCode::kInvalidArgument, where, "cannot listen: " + error.message());
  doors_.push_back(std::move(door));
  return {};
}

std::vector<std::uint16_t> Listener::bound_ports() const {
  std::vector<std::uint16_t> ports;
  for (const auto& door : doors_) {
    error_code error;
    ports.push_back(door->acceptor.local_endpoint(error).port());
  }
  return ports;
}

void Listener::start() {
  for (const auto& door : doors_) accept(*door);
}

void Listener::stop() {
  stopped_ = true;
  for (const auto& door : doors_) {
    error_code ignored;
    door->acceptor.close(ignored);
    door->pause.cancel();
  }
  for (const auto& [key, connection] : connections_) connection->close();
  accepted_.clear();
  connections_.clear();
}

void Listener::drop(NodeId peer) {
  for (const Lane lane : {Lane::kUsual, Lane::kStates}) {
    const auto found = accepted_.find({peer, lane});
    if (found == accepted_.end()) continue;
    found->second->close();
    connections_.erase(found->second);
    accepted_.erase(found);
  }
}

void Listener::accept(Door& door) {
  door.acceptor.async_accept([this, &door](const error_code& error, tcp::socket socket) {
    on_accept(door, error, std::move(socket));
  });
}

void Listener::on_accept(Door& door, const error_code& error, tcp::socket socket) {
  if (stopped_) return;
  if (!error) {
    admit(std::move(socket));
    return accept(door);
  }
  if (error == asio::error::connection_aborted) return accept(door);
  context_.log.report(LogLevel::kError, "accept", "event=accept-failed error=\"" + error.message() + "\"");
  door.pause.expires_after(kAcceptPause);
  door.pause.async_wait([this, &door](const error_code& cancelled) {
    if (!cancelled && !stopped_) accept(door);
  });
}

void Listener::admit(tcp::socket socket) {
  const std::string remote = name_of(socket);
  if (connections_.size() >= context_.limits.connections_max) {
    count(context_.tally.rejected);
    const std::string limit = std::to_string(context_.limits.connections_max);
    context_.log.report(LogLevel::kWarning, "connections", "full",
                        "event=connection-rejected remote=" + remote + " reason=\"connections_max is " +
                            limit + " and so many are open\"");
    return;
  }
  count(context_.tally.accepted);
  auto wire = make_wire(std::move(socket), context_.tls ? &context_.tls->accepting : nullptr);
  auto connection =
      std::make_shared<Incoming>(std::move(wire), context_, remote, static_cast<IncomingEvents&>(*this));
  connections_.emplace(connection.get(), connection);
  connection->start();
}

/// A peer that dials again has given the old connection up, whether we noticed or not. What it still had in
/// flight there must not arrive after what it sends now.
void Listener::on_accepted(Incoming& connection, NodeId peer) {
  Incoming*& current = accepted_[{peer, connection.lane()}];
  if (current != nullptr) {
    current->close();
    connections_.erase(current);
  }
  current = &connection;
  heard_of_(peer);
}

void Listener::on_closed(Incoming& connection) {
  const auto peer = connection.peer();
  if (peer) {
    const auto current = accepted_.find({*peer, connection.lane()});
    if (current != accepted_.end() && current->second == &connection) accepted_.erase(current);
  }
  connections_.erase(&connection);
  context_.log.clear("connections");
}

}  // namespace raft
