#include "libkv/rpc/h2_http_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libkv/rpc/h2_server.h"
#include "libkv/rpc/http_text.h"

namespace kv::rpc {

void H2HttpStream::open(RequestHead& head) {
  request_.method = head.method();
  request_.target = head.path();
  request_.headers = std::move(head.metadata());
  if (!head.content_type().empty()) request_.headers.emplace_back("content-type", head.content_type());
  if (head.too_large()) respond(plain_response(431));
}

void H2HttpStream::on_data(std::string_view bytes) {
  server_->session().consume(*this, bytes.size());
  if (answered_) return;
  if (request_.body.size() + bytes.size() > server_->worker().shared().options.http_body_bytes_max) {
    return respond(plain_response(413));
  }
  request_.body.append(bytes);
}

void H2HttpStream::on_peer_end() {
  if (answered_) return;
  const HttpHandler& handler = server_->worker().shared().http;
  if (!handler) return respond(plain_response(404));
  desk_ = std::make_shared<AnswerDesk>(static_cast<HttpAnswers&>(*this), server_->home()->inbox);
  request_.exchange = desk_;
  // The stream outlives its handler's answer: its table holds it until it is closed, which the desk learns.
  handler(std::move(request_), [desk = desk_](HttpResponse response) { desk->answer(std::move(response)); });
}

void H2HttpStream::on_closed() {
  server_ = nullptr;
  if (const auto desk = std::exchange(desk_, nullptr)) desk->lose();
}

void H2HttpStream::on_shutdown() {
  if (answered_ && desk_) return server_->session().reset(id, H2Error::kCancel);
  respond(plain_response(503));
}

namespace {

/// Names are kept in `names`, as HTTP/2 wants them in lower case.
std::vector<Header> header_list(const HttpResponse& response, const std::string& status,
                                std::vector<std::string>& names) {
  std::vector<Header> headers{{":status", status}, {"content-type", response.content_type}};
  names.reserve(response.headers.size());
  for (const auto& [name, value] : response.headers) {
    names.push_back(lower_case(name));
    headers.push_back({names.back(), value, false, false});
  }
  return headers;
}

}  // namespace

void H2HttpStream::begin(const HttpResponse& head) {
  if (std::exchange(answered_, true)) return;
  const std::string status = std::to_string(head.status);
  std::vector<std::string> names;
  server_->session().respond(*this, header_list(head, status, names));
  stream(head.body, 0);
}

void H2HttpStream::stream(std::string_view piece, std::size_t counted) {
  streamed_ += counted;
  if (!piece.empty()) {
    server_->output_queued(piece.size());
    output.push_raw(std::string(piece));
    server_->session().resume(*this);
  }
  server_->flush();
}

void H2HttpStream::finish_stream() {
  output_ended = true;
  if (const auto desk = std::exchange(desk_, nullptr)) desk->leave();
  server_->session().resume(*this);
  server_->flush();
}

void H2HttpStream::respond(HttpResponse response) {
  if (const auto desk = std::exchange(desk_, nullptr)) desk->leave();
  if (server_ == nullptr || std::exchange(answered_, true)) return;
  const std::string status = std::to_string(response.status);
  const std::string length = std::to_string(response.body.size());
  std::vector<std::string> names;
  std::vector<Header> headers = header_list(response, status, names);
  headers.push_back({"content-length", length});
  if (request_.method == "HEAD" || response.body.empty()) {
    server_->session().respond_without_body(id, headers);
  } else {
    server_->output_queued(response.body.size());
    output.push_raw(std::move(response.body));
    output_ended = true;
    server_->session().respond(*this, headers);
  }
  server_->flush();
}

void H2HttpStream::on_output_taken(std::size_t count) {
  server_->output_left(count);
  const std::size_t counted = std::min(count, streamed_);
  streamed_ -= counted;
  if (desk_) desk_->taken(counted);
}

}  // namespace kv::rpc
