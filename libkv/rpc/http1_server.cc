#include "libkv/rpc/http1_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdio>
#include <optional>
#include <utility>

#include "libkv/rpc/http_exchange.h"
#include "libkv/rpc/http_text.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/server.h"
#include "libkv/rpc/server_connection.h"
#include "libkv/rpc/server_worker.h"

namespace kv::rpc {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

class Http1Server final : public Protocol, private HttpAnswers {
 public:
  Http1Server(ServerWorker& worker, ServerConnection& connection, std::function<void()> established)
      : worker_(worker),
        connection_(connection),
        established_(std::move(established)),
        timer_([this] { connection_.close(input_.empty() ? "idle" : "the request took too long"); }) {
    next_request();
  }
  ~Http1Server() override { lost(); }

  bool receive(std::string_view bytes) override;
  void produce(std::string& out, std::size_t) override {
    out.append(std::exchange(output_, {}));
    if (exchange_) exchange_->taken(std::exchange(streamed_, 0));
  }
  [[nodiscard]] bool wants_write() const override { return !output_.empty(); }
  [[nodiscard]] bool finished() const override { return closing_ && !exchange_ && output_.empty(); }
  void lost() override;
  void drain() override;
  void end() override;

 private:
  void respond(HttpResponse response) override;
  void begin(const HttpResponse& head) override;
  void stream(std::string_view piece, std::size_t counted) override;
  void finish_stream() override;
  void write_head(const HttpResponse& response, const std::string& framing, bool keep);
  void next_request();
  void parse();
  bool advance();
  void dispatch();
  void refuse(const error_code& error);
  void greet_expectant();

  ServerWorker& worker_;
  ServerConnection& connection_;
  std::function<void()> established_;
  std::optional<Parser> parser_;
  std::shared_ptr<AnswerDesk> exchange_;  // of the request being answered; shared with its handler
  std::string input_;                     // not parsed yet; bounded by one read beyond the parser's limits
  std::string output_;
  CallbackTimer timer_;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool greeted_ = false;  // 100-continue was looked at for this request
  bool closing_ = false;  // after what is open is answered
  // Of an answer in pieces.
  bool streaming_ = false;
  bool chunked_ = false;      // HTTP/1.0 does not know chunks: its answers end with the connection
  std::size_t streamed_ = 0;  // bytes of it in output_
};

void Http1Server::next_request() {
  parser_.emplace();
  greeted_ = false;
  head_only_ = false;
  parser_->header_limit(kHttp1HeaderBytesMax);
  parser_->body_limit(worker_.shared().options.http_body_bytes_max);
  parser_->eager(true);
  worker_.loop().arm(timer_, worker_.loop().now() + kHttp1IdleTime);
}

bool Http1Server::receive(std::string_view bytes) {
  if (closing_ && !exchange_) return false;
  if (input_.empty() && !exchange_ && !parser_->got_some()) {
    worker_.loop().arm(timer_, worker_.loop().now() + kHttp1RequestTime);
  }
  input_.append(bytes);
  if (exchange_ && input_.size() > kReadBytesMax) {
    connection_.close("too much sent ahead of an answer");
    return false;
  }
  parse();
  return true;
}

void Http1Server::parse() {
  while (!exchange_ && !closing_ && !input_.empty()) {
    if (!advance()) return;
    if (parser_->is_done()) {
      dispatch();
    } else {
      greet_expectant();
    }
  }
}

/// Feeds the parser; false when it needs more input or has met a fault.
bool Http1Server::advance() {
  error_code error;
  const std::size_t used = parser_->put(boost::asio::buffer(input_), error);
  input_.erase(0, used);
  if (error == http::error::need_more) return false;
  if (error) {
    refuse(error);
    return false;
  }
  return used > 0 || parser_->is_done();
}

/// "Expect: 100-continue": the client waits for our word before it sends its body.
void Http1Server::greet_expectant() {
  if (!parser_->is_header_done() || greeted_) return;
  greeted_ = true;
  if (parser_->get()[http::field::expect] == "100-continue") output_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

void Http1Server::refuse(const error_code& error) {
  closing_ = true;
  keep_alive_ = false;
  int status = 400;
  if (error == http::error::body_limit) status = 413;
  if (error == http::error::header_limit) status = 431;
  worker_.shared().debug("event=bad_http_request error=\"" + error.message() + "\"");
  respond(plain_response(status));
}

void Http1Server::dispatch() {
  timer_.disarm();
  if (established_) std::exchange(established_, nullptr)();
  auto message = parser_->release();
  HttpRequest request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) {
    request.headers.emplace_back(lower_case({field.name_string().data(), field.name_string().size()}),
                                 field.value());
  }
  keep_alive_ = message.keep_alive() && !closing_;
  head_only_ = message.method() == http::verb::head;
  chunked_ = message.version() >= 11;
  request.body = std::move(message.body());
  const HttpHandler& handler = worker_.shared().http;
  exchange_ = std::make_shared<AnswerDesk>(static_cast<HttpAnswers&>(*this), worker_.loop().inbox());
  request.exchange = exchange_;
  // Through the inbox like every answer: pipelined requests must not deepen the stack.
  if (!handler) return exchange_->answer(plain_response(404));
  handler(std::move(request),
          [exchange = exchange_](HttpResponse response) { exchange->answer(std::move(response)); });
}

void Http1Server::respond(HttpResponse response) {
  if (exchange_) exchange_->leave();
  exchange_.reset();
  const bool keep = keep_alive_ && !closing_;
  write_head(response, "Content-Length: " + std::to_string(response.body.size()) + "\r\n", keep);
  if (!head_only_) output_ += response.body;
  closing_ = !keep;
  worker_.loop().flush_soon(connection_);
  if (!keep) return;
  next_request();
  parse();
}

/// `framing`: the line that tells how the body ends; empty: with the connection.
void Http1Server::write_head(const HttpResponse& response, const std::string& framing, bool keep) {
  output_ += "HTTP/1.1 " + std::to_string(response.status) + ' ' + std::string(http_reason(response.status)) +
             "\r\n";
  if (!response.content_type.empty()) output_ += "Content-Type: " + response.content_type + "\r\n";
  output_ += framing;
  for (const auto& [name, value] : response.headers) output_ += name + ": " + value + "\r\n";
  if (!keep) output_ += "Connection: close\r\n";
  output_ += "\r\n";
}

void Http1Server::begin(const HttpResponse& head) {
  streaming_ = true;
  keep_alive_ = keep_alive_ && chunked_;
  write_head(head, chunked_ ? "Transfer-Encoding: chunked\r\n" : "", keep_alive_);
  stream(head.body, 0);
}

/// `counted`: of the bytes that Exchange has in its count.
void Http1Server::stream(std::string_view piece, std::size_t counted) {
  streamed_ += counted;
  if (!piece.empty() && !head_only_) {
    char size[20];
    if (chunked_) output_.append(size, std::snprintf(size, sizeof(size), "%zx\r\n", piece.size()));
    output_ += piece;
    if (chunked_) output_ += "\r\n";
  }
  worker_.loop().flush_soon(connection_);
}

void Http1Server::finish_stream() {
  if (chunked_ && !head_only_) output_ += "0\r\n\r\n";
  streaming_ = false;
  streamed_ = 0;
  exchange_->leave();
  exchange_.reset();
  worker_.loop().flush_soon(connection_);
  closing_ = closing_ || !keep_alive_;
  if (closing_) return;
  next_request();
  parse();
}

void Http1Server::lost() {
  timer_.disarm();
  if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->lose();
  closing_ = true;
}

void Http1Server::drain() {
  closing_ = true;
}

void Http1Server::end() {
  closing_ = true;
  if (streaming_) {
    // No last chunk: the client sees that it was cut off.
    streaming_ = false;
    if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->lose();
    worker_.loop().flush_soon(connection_);
  } else if (const auto exchange = exchange_) {
    respond(plain_response(503));
  }
}

}  // namespace

std::unique_ptr<Protocol> make_http1_server(ServerWorker& worker, ServerConnection& connection,
                                            std::function<void()> established) {
  return std::make_unique<Http1Server>(worker, connection, std::move(established));
}

}  // namespace kv::rpc
