#include "libraft/net/roster.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "libraft/net/frame.h"
#include "libraft/net/tls.h"
#include "libraft/net/wire.h"

namespace raft {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// One question on one connection. Thread: the caller's, which runs the context.
class Question {
 public:
  Question(asio::io_context& io, const Endpoint& endpoint, asio::ssl::context* tls)
      : endpoint_(endpoint), wire_(make_wire(tcp::socket(io), tls)), resolver_(io) {
    begin_frame(request_);
    finish_frame(request_, FrameType::kRosterRequest);
  }

  void start() {
    error_code error;
    const auto addresses = resolver_.resolve(endpoint_.host, std::to_string(endpoint_.port),
                                             tcp::resolver::numeric_service, error);
    if (error) return fail_with("cannot look up the name: " + error.message());
    asio::async_connect(wire_->socket(), addresses, [this](const error_code& why, const tcp::endpoint&) {
      if (why) return fail_with("cannot connect: " + why.message());
      wire_->async_secure(endpoint_.host, [this](const error_code& unsafe) {
        if (unsafe) return fail_with("TLS handshake failed: " + unsafe.message());
        write();
      });
    });
  }

  Result<std::string> answer() {
    if (answer_) return std::move(*answer_);
    return fail(ErrorCode::kUnavailable, describe(endpoint_), "no answer in time");
  }

 private:
  void fail_with(const std::string& what) {
    answer_ = fail(ErrorCode::kUnavailable, describe(endpoint_), what);
  }

  void write() {
    wire_->async_write_some(std::string_view(request_).substr(written_),
                            [this](const error_code& error, std::size_t count) {
                              if (error) return fail_with("write failed: " + error.message());
                              written_ += count;
                              if (written_ < request_.size()) return write();
                              read();
                            });
  }

  void read() {
    wire_->async_read_some(reader_.prepare(), [this](const error_code& error, std::size_t count) {
      if (error) return fail_with(closed_by_peer(error) ? "closed by the peer" : error.message());
      reader_.commit(count);
      auto frame = reader_.next();
      if (!frame) {
        answer_ = fail(frame.error().code, describe(endpoint_), frame.error().text());
      } else if (!*frame) {
        read();
      } else if ((*frame)->type != FrameType::kRoster) {
        answer_ = fail(ErrorCode::kCorruption, describe(endpoint_), "the answer is no roster");
      } else {
        answer_ = std::string((*frame)->body);
      }
    });
  }

  const Endpoint endpoint_;
  std::unique_ptr<Wire> wire_;
  tcp::resolver resolver_;
  FrameReader reader_{kRosterBytesMax};
  std::string request_;
  std::size_t written_ = 0;
  std::optional<Result<std::string>> answer_;
};

}  // namespace

Result<std::string> ask_roster(const Endpoint& endpoint, const std::optional<PeerTlsOptions>& tls,
                               std::chrono::milliseconds timeout) try {
  std::unique_ptr<PeerTls> contexts;
  if (tls) {
    ASSIGN_OR_RETURN(contexts, make_peer_tls(*tls));
  }
  asio::io_context io(1);
  Question question(io, endpoint, contexts ? &contexts->dialling : nullptr);
  question.start();
  io.run_for(timeout);
  return question.answer();
} catch (const std::system_error& error) {
  return fail(ErrorCode::kUnavailable, describe(endpoint), error.what());
}

}  // namespace raft
