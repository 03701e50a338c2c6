#include "libkv/rpc/wire_tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

namespace kv::rpc {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kProbeAfterSeconds = 15;
constexpr int kProbesMax = 4;

void set_option(int socket, int level, int option, int value) {
  // Tuning only: a kernel that refuses leaves a connection that works.
  static_cast<void>(setsockopt(socket, level, option, &value, sizeof value));
}

/// Reads when the socket is readable, into the loop's buffer: an idle connection owns no buffer.
class TcpWire final : public Wire, public std::enable_shared_from_this<TcpWire> {
 public:
  TcpWire(Loop& loop, asio::ip::tcp::socket socket) : loop_(loop), socket_(std::move(socket)) {}

  void start(WireEvents& events) override {
    events_ = &events;
    error_code error;
    socket_.non_blocking(true, error);
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->begin(); });
  }
  [[nodiscard]] bool writable() const override { return rest_.empty(); }
  void write(std::string_view bytes) override;
  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    if (!waiting_) wait_readable();
  }
  void end_output() override {
    error_code error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  }
  void close() override {
    events_ = nullptr;
    error_code error;
    socket_.close(error);
  }
  [[nodiscard]] Alpn alpn() const override { return Alpn::kNone; }
  [[nodiscard]] std::string certificate_name() const override { return {}; }

 private:
  void begin() {
    if (events_ == nullptr) return;
    Loop::Turn turn(loop_);
    events_->on_ready();
    if (events_ != nullptr && !waiting_) wait_readable();
  }
  void wait_readable();
  void on_readable(const error_code& error);
  void wait_writable();
  void on_writable(const error_code& error);
  void fail(const error_code& error);

  Loop& loop_;
  asio::ip::tcp::socket socket_;
  WireEvents* events_ = nullptr;
  std::string rest_;  // output the socket has not taken
  bool paused_ = false;
  bool waiting_ = false;
};

void TcpWire::wait_readable() {
  if (events_ == nullptr || paused_) return;
  waiting_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& error) { self->on_readable(error); });
}

void TcpWire::on_readable(const error_code& error) {
  waiting_ = false;
  if (events_ == nullptr) return;
  Loop::Turn turn(loop_);
  if (error) return fail(error);
  if (paused_) return;
  error_code read_error;
  const auto input = loop_.input();
  const std::size_t count = socket_.read_some(asio::buffer(input.data(), input.size()), read_error);
  if (read_error == asio::error::would_block) return wait_readable();
  if (read_error) return fail(read_error);
  events_->on_bytes({input.data(), count});
  if (!waiting_) wait_readable();
}

void TcpWire::write(std::string_view bytes) {
  error_code error;
  std::size_t count = socket_.write_some(asio::buffer(bytes), error);
  if (error == asio::error::would_block) {
    count = 0;
  } else if (error) {
    // Not from here: the caller is in the middle of something.
    asio::post(socket_.get_executor(), [self = shared_from_this(), error] {
      Loop::Turn turn(self->loop_);
      self->fail(error);
    });
    return;
  }
  if (count == bytes.size()) return;
  rest_.assign(bytes.substr(count));
  wait_writable();
}

void TcpWire::wait_writable() {
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](const error_code& error) { self->on_writable(error); });
}

void TcpWire::on_writable(const error_code& error) {
  if (events_ == nullptr) return;
  Loop::Turn turn(loop_);
  if (error) return fail(error);
  const std::string rest = std::exchange(rest_, {});
  write(rest);
  if (rest_.empty() && events_ != nullptr) events_->on_writable();
}

void TcpWire::fail(const error_code& error) {
  if (events_ == nullptr) return;
  WireEvents* events = std::exchange(events_, nullptr);
  events->on_closed(error == asio::error::eof ? "closed by the peer" : error.message());
}

}  // namespace

void tune(asio::ip::tcp::socket& socket, std::chrono::milliseconds unacknowledged_max) {
  const int handle = socket.native_handle();
  set_option(handle, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(handle, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(handle, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  set_option(handle, IPPROTO_TCP, TCP_KEEPINTVL, kProbeAfterSeconds);
  set_option(handle, IPPROTO_TCP, TCP_KEEPCNT, kProbesMax);
  if (unacknowledged_max.count() > 0) {
    set_option(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(unacknowledged_max.count()));
  }
}

std::shared_ptr<Wire> make_tcp_wire(Loop& loop, asio::ip::tcp::socket socket) {
  return std::make_shared<TcpWire>(loop, std::move(socket));
}

}  // namespace kv::rpc
