#include "libkv/gateway/call.h"

#include <google/protobuf/message.h>

#include <utility>

#include "libkv/gateway/errors.h"
#include "libkv/gateway/json.h"

namespace kv::gateway {
namespace {

/// As etcd's: it says of what the gateway's own client received.
constexpr std::pair<const char*, const char*> kGrpcHeader{"Grpc-Metadata-Content-Type", "application/grpc"};

rpc::HttpResponse success(std::string body) {
  rpc::HttpResponse response{
      .content_type = "application/json", .body = std::move(body), .headers = common_headers()};
  response.headers.emplace_back(kGrpcHeader);
  return response;
}

}  // namespace

void Call::run(const std::vector<std::string>& messages) {
  const auto self = shared_from_this();
  parts_.exchange->on_closed([this, self] {
    cancelled_.store(true, std::memory_order_release);
    over();
  });
  if (parts_.method->unary) return parts_.method->unary(self, messages.front());
  handler_ = parts_.method->stream(self);
  // A handler may end the call at any message.
  for (const std::string& message : messages) {
    if (handler_) handler_->on_message(message);
  }
  if (handler_) handler_->on_half_close();
}

void Call::send(std::string message) {
  if (finished_.load(std::memory_order_acquire)) return;
  unwritten_ += message.size();
  post([self = shared_from_this(), message = std::move(message)] {
    self->unwritten_ -= message.size();
    self->write(message);
  });
}

void Call::reply(std::string message) {
  if (finished_.exchange(true)) return;
  post([self = shared_from_this(), message = std::move(message)] {
    if (self->parts_.types->server_streaming()) {
      self->write(message);
      self->end({});
    } else {
      self->answer_whole(message);
    }
  });
}

void Call::finish(rpc::Status status) {
  if (finished_.exchange(true)) return;
  post([self = shared_from_this(), status = std::move(status)] { self->end(status); });
}

void Call::answer_whole(const std::string& message) {
  if (!over_) parts_.answer(success(to_json_or_empty(message)));
  over();
}

void Call::begin() {
  if (std::exchange(begun_, true)) return;
  parts_.exchange->begin(success({}));
}

void Call::write(const std::string& message) {
  if (over_) return;
  begin();
  parts_.exchange->write("{\"result\":" + to_json_or_empty(message) + "}\n");
}

void Call::end(const rpc::Status& status) {
  if (over_) return;
  if (!status.ok() && !begun_) {
    parts_.answer(error_page(status));
  } else {
    begin();
    if (!status.ok()) parts_.exchange->write(error_line(status));
    parts_.exchange->end();
  }
  over();
}

void Call::over() {
  if (std::exchange(over_, true)) return;
  // It holds this call, and this call it.
  if (const auto handler = std::exchange(handler_, nullptr)) handler->on_done();
}

std::string Call::to_json_or_empty(const std::string& message) const {
  const auto* const prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(parts_.types->output_type());
  const std::unique_ptr<google::protobuf::Message> response(prototype->New());
  return response->ParseFromString(message) ? to_json(*response) : "{}";
}

}  // namespace kv::gateway
