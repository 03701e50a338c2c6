#include "libkv/rpc/listener.h"

#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "libkv/rpc/limits.h"
#include "libkv/rpc/tls.h"
#include "libkv/rpc/wire_tcp.h"

namespace kv::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using raft::ErrorCode;

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

class TcpListener final : public Listener {
 public:
  TcpListener(Loop& loop, std::shared_ptr<boost::asio::ssl::context> tls)
      : loop_(loop), tls_(std::move(tls)), acceptor_(loop.context()), retry_([this] { accept(); }) {}

  error_code open(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    return error;
  }

  [[nodiscard]] std::uint16_t port() const override {
    error_code error;
    return acceptor_.local_endpoint(error).port();
  }

  void start(Choose choose, Accepted accepted, std::chrono::milliseconds unacknowledged_max) override {
    choose_ = std::move(choose);
    accepted_ = std::move(accepted);
    unacknowledged_max_ = unacknowledged_max;
    accept();
  }

  void stop() override {
    error_code error;
    retry_.disarm();
    acceptor_.close(error);
  }

 private:
  void accept() {
    if (!acceptor_.is_open()) return;
    Loop& target = choose_();
    acceptor_.async_accept(target.context(), [this, &target](const error_code& error, tcp::socket socket) {
      on_accept(error, std::move(socket), target);
    });
  }

  void on_accept(const error_code& error, tcp::socket socket, Loop& target) {
    if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) {
      // Out of file descriptors, most likely: connections wait in the kernel's queue meanwhile.
      Loop::Turn turn(loop_);
      return loop_.arm(retry_, loop_.now() + kAcceptRetryTime);
    }
    pass_on(std::move(socket), target);
    accept();
  }

  void pass_on(tcp::socket socket, Loop& target) {
    error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;  // already gone
    tune(socket, unacknowledged_max_);
    auto wire = tls_ ? make_tls_wire(target, std::move(socket), tls_, TlsRole::kServer, "")
                     : make_tcp_wire(target, std::move(socket));
    static_cast<void>(
        target.inbox()->push(nullptr, Work([this, &target, wire = std::move(wire), peer = text_of(remote)] {
                               accepted_(target, wire, peer);
                             })));
  }

  Loop& loop_;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // shared with the connections
  tcp::acceptor acceptor_;
  CallbackTimer retry_;
  Choose choose_;
  Accepted accepted_;
  std::chrono::milliseconds unacknowledged_max_{0};
};

}  // namespace

raft::Result<std::unique_ptr<Listener>> Listener::bind(Loop& loop, const std::string& host,
                                                       std::uint16_t port,
                                                       const std::optional<TlsOptions>& tls) {
  const std::string where = host + ":" + std::to_string(port);
  std::shared_ptr<boost::asio::ssl::context> context;
  if (tls) {
    ASSIGN_OR_RETURN(context, make_server_tls(*tls));
  }
  error_code error;
  tcp::resolver resolver(loop.context());
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) return raft::fail(ErrorCode::kUnavailable, where, error.message());
  auto listener = std::make_unique<TcpListener>(loop, std::move(context));
  error = listener->open(found.begin()->endpoint());
  if (error) return raft::fail(ErrorCode::kUnavailable, where, error.message());
  return listener;
}

}  // namespace kv::rpc
