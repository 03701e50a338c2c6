// A connection as its user sees it, and how it comes about.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <future>
#include <utility>

#include "libkv/rpc/block_cache.h"
#include "libkv/rpc/client_call.h"
#include "libkv/rpc/client_connection.h"
#include "libkv/rpc/client_loop.h"
#include "libkv/rpc/tls.h"
#include "libkv/rpc/wire_tcp.h"

namespace kv::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kUnacknowledgedMax{20000};

/// Tries the addresses one after the other on the caller's own thread.
error_code connect_until(boost::asio::io_context& context, tcp::socket& socket,
                         const tcp::resolver::results_type& addresses, Clock::time_point limit) {
  error_code outcome = boost::asio::error::timed_out;
  boost::asio::async_connect(socket, addresses,
                             [&outcome](const error_code& error, const tcp::endpoint&) { outcome = error; });
  context.run_until(limit);
  if (context.stopped()) return outcome;
  error_code ignored;
  socket.close(ignored);
  context.restart();
  context.run();  // lets the handler see that it was cancelled
  return boost::asio::error::timed_out;
}

raft::Result<tcp::socket> connect_socket(Loop& loop, const ChannelOptions& options, const std::string& where,
                                         Clock::time_point limit) {
  boost::asio::io_context context;
  tcp::resolver resolver(context);
  error_code error;
  const auto addresses = resolver.resolve(options.host, std::to_string(options.port), error);
  if (error) return raft::fail(raft::ErrorCode::kUnavailable, where, error.message());
  tcp::socket socket(context);
  error = connect_until(context, socket, addresses, limit);
  if (error) return raft::fail(raft::ErrorCode::kUnavailable, where, error.message());
  tune(socket, kUnacknowledgedMax);
  const auto protocol = socket.local_endpoint(error).protocol();
  const auto handle = socket.release(error);
  tcp::socket moved(loop.context());
  if (!error) moved.assign(protocol, handle, error);
  if (error) return raft::fail(raft::ErrorCode::kUnavailable, where, error.message());
  return moved;
}

raft::Result<std::shared_ptr<Wire>> make_wire(Loop& loop, tcp::socket socket, const ChannelOptions& options) {
  if (!options.tls) return make_tcp_wire(loop, std::move(socket));
  std::shared_ptr<boost::asio::ssl::context> context;
  ASSIGN_OR_RETURN(context, make_client_tls(*options.tls));
  return make_tls_wire(loop, std::move(socket), context, TlsRole::kClient, options.host);
}

/// Thread: any.
class ChannelImpl final : public Channel {
 public:
  explicit ChannelImpl(std::shared_ptr<ClientConnection> connection) : connection_(std::move(connection)) {}
  ~ChannelImpl() override {
    static_cast<void>(
        connection_->inbox()->push(nullptr, Work([connection = connection_] { connection->release(); })));
  }

  void unary(std::string_view path, std::string request, CallOptions options,
             std::function<void(UnaryResult)> done) override {
    start({std::string(path), std::move(options), std::move(request), std::move(done), std::nullopt});
  }
  UnaryResult call(std::string_view path, std::string request, CallOptions options) override;
  std::shared_ptr<ClientStream> stream(std::string_view path, CallOptions options,
                                       StreamEvents events) override {
    return start({std::string(path), std::move(options), {}, nullptr, std::move(events)});
  }
  [[nodiscard]] bool connected() const override { return connection_->connected(); }

 private:
  std::shared_ptr<ClientCall> start(ClientRequest request) {
    auto call =
        make_cached<ClientCall>(connection_, std::move(request), connection_->receive_message_bytes_max());
    call->start();
    return call;
  }

  std::shared_ptr<ClientConnection> connection_;  // shared with the loop and with calls
};

UnaryResult ChannelImpl::call(std::string_view path, std::string request, CallOptions options) {
  std::promise<UnaryResult> promise;
  auto result = promise.get_future();
  unary(path, std::move(request), std::move(options),
        [&promise](UnaryResult outcome) { promise.set_value(std::move(outcome)); });
  return result.get();
}

/// Waits for the server's SETTINGS. The error says why they did not come.
raft::Result<void> wait_until_ready(ClientConnection& connection, std::future<bool> ready,
                                    const std::string& where, Clock::time_point limit) {
  const bool in_time = ready.wait_until(limit) == std::future_status::ready;
  if (in_time && ready.get()) return {};
  std::promise<std::string> reason;
  auto text = reason.get_future();
  const auto give_up = [&connection, &reason] {
    connection.lose({Code::kUnavailable, "no HTTP/2 settings before connect_timeout"});
    reason.set_value(connection.lost_status().message);
  };
  if (!connection.inbox()->push(nullptr, Work(give_up))) reason.set_value("the client loop has ended");
  return raft::fail(raft::ErrorCode::kUnavailable, where, text.get());
}

}  // namespace

raft::Result<std::shared_ptr<Channel>> Channel::connect(ClientLoop& loop, ChannelOptions options) {
  auto& home = static_cast<ClientLoopImpl&>(loop);
  const std::string where = options.host + ":" + std::to_string(options.port);
  const Clock::time_point limit = Clock::now() + options.connect_timeout;
  auto socket = connect_socket(home.loop(), options, where, limit);
  if (!socket) return raft::fail(std::move(socket.error()));
  std::shared_ptr<Wire> wire;
  ASSIGN_OR_RETURN(wire, make_wire(home.loop(), std::move(*socket), options));

  auto stands = std::make_shared<std::promise<bool>>();  // shared with a callback that may come late
  auto future = stands->get_future();
  auto connection = std::make_shared<ClientConnection>(home, std::move(options), std::move(wire),
                                                       [stands](bool ready) { stands->set_value(ready); });
  const auto start = [&home, connection] {
    home.add(connection);
    connection->start();
  };
  if (!home.loop().inbox()->push(nullptr, Work(start))) {
    return raft::fail(raft::ErrorCode::kCancelled, where, "the client loop has ended");
  }
  RETURN_IF_ERROR(wait_until_ready(*connection, std::move(future), where, limit));
  return std::make_shared<ChannelImpl>(std::move(connection));
}

}  // namespace kv::rpc
