#include "libkv/rpc/h2_http_stream.h"

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
  if (head.too_large()) answer(plain_response(431));
}

void H2HttpStream::on_data(std::string_view bytes) {
  server_->session().consume(*this, bytes.size());
  if (answered_) return;
  if (request_.body.size() + bytes.size() > server_->worker().shared().options.http_body_bytes_max) {
    return answer(plain_response(413));
  }
  request_.body.append(bytes);
}

void H2HttpStream::on_peer_end() {
  if (answered_) return;
  const HttpHandler& handler = server_->worker().shared().http;
  if (!handler) return answer(plain_response(404));
  auto inbox = server_->home()->inbox;
  handler(std::move(request_), [self = shared_from_this(), inbox](HttpResponse response) {
    auto shared = std::make_shared<HttpResponse>(std::move(response));  // Work has to be copyable
    static_cast<void>(inbox->push(self, Work([self, shared] { self->answer(std::move(*shared)); })));
  });
}

void H2HttpStream::on_shutdown() {
  answer(plain_response(503));
}

void H2HttpStream::answer(HttpResponse response) {
  if (server_ == nullptr || std::exchange(answered_, true)) return;
  const std::string status = std::to_string(response.status);
  const std::string length = std::to_string(response.body.size());
  std::vector<Header> headers{
      {":status", status}, {"content-type", response.content_type}, {"content-length", length}};
  std::vector<std::string> names;  // HTTP/2 wants them in lower case
  names.reserve(response.headers.size());
  for (const auto& [name, value] : response.headers) {
    names.push_back(lower_case(name));
    headers.push_back({names.back(), value, false, false});
  }
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
}

}  // namespace kv::rpc
