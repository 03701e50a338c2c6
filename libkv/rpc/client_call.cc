#include "libkv/rpc/client_call.h"

#include <utility>
#include <vector>

#include "libkv/rpc/client_connection.h"
#include "libkv/rpc/client_status.h"
#include "libkv/rpc/percent.h"
#include "libkv/rpc/timeout.h"
#include "libraft/base/base64.h"

namespace kv::rpc {
namespace {

/// Header values in their form on the wire.
std::vector<std::string> wire_values(const Metadata& metadata) {
  std::vector<std::string> values;
  values.reserve(metadata.size());
  for (const auto& [name, value] : metadata) {
    values.push_back(name.ends_with("-bin") ? raft::base64_encode(value, raft::Base64::kBare) : value);
  }
  return values;
}

}  // namespace

ClientCall::ClientCall(std::shared_ptr<ClientConnection> connection, ClientRequest request,
                       std::size_t message_bytes_max)
    : connection_(std::move(connection)), request_(std::move(request)), reader_(message_bytes_max) {}

ClientCall::~ClientCall() = default;

// From any thread.

void ClientCall::hand_over(Mail&& mail) {
  const auto& inbox = connection_->inbox();
  if (inbox->on_own_thread()) return deliver(std::move(mail));
  if (inbox->push(shared_from_this(), std::move(mail))) return;
  // The loop is gone and with it every other thread of the call.
  fail({Code::kCancelled, "the client loop has ended"});
}

void ClientCall::send(std::string message) {
  hand_over(SendMessage{std::move(message)});
}

void ClientCall::half_close() {
  hand_over(HalfClose{});
}

void ClientCall::cancel() {
  hand_over(CancelCall{});
}

void ClientCall::start() {
  hand_over(StartCall{});
}

// On the loop.

void ClientCall::deliver(Mail&& mail) {
  if (finished_) return;
  if (std::holds_alternative<StartCall>(mail)) {
    submit();
  } else if (auto* message = std::get_if<SendMessage>(&mail)) {
    push_output(std::move(message->bytes));
  } else if (std::holds_alternative<HalfClose>(mail)) {
    end_output();
  } else if (std::holds_alternative<CancelCall>(mail)) {
    abort({Code::kCancelled, "context canceled"});
  }
}

void ClientCall::submit() {
  const CallOptions& options = request_.options;
  const std::vector<std::string> values = wire_values(options.metadata);
  std::vector<Header>& headers = connection_->common_headers(request_.path);
  if (options.timeout) {
    timeout_text_ = format_timeout(*options.timeout);
    headers.push_back({"grpc-timeout", timeout_text_, true});
    connection_->loop().arm(*this, connection_->loop().now() + *options.timeout);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    headers.push_back({options.metadata[i].first, values[i], false, false});
  }
  if (!request_.stream_events) {
    output.push_message(std::move(request_.message));
    output_ended = true;
  }
  started_ = connection_->submit(shared_from_this(), headers);
  if (!started_) fail(connection_->lost_status());
}

void ClientCall::push_output(std::string message) {
  if (output_ended) return;
  output.push_message(std::move(message));
  connection_->resume(*this);
}

void ClientCall::end_output() {
  if (std::exchange(output_ended, true)) return;
  connection_->resume(*this);
}

void ClientCall::on_timer() {
  abort({Code::kDeadlineExceeded, "context deadline exceeded"});
}

void ClientCall::abort(Status status) {
  if (finished_) return;
  if (started_) connection_->reset(id);
  finish(std::move(status));
}

void ClientCall::on_header(std::string_view name, std::string_view value) {
  if (name == ":status") {
    http_status_ = value;
  } else if (name == "grpc-status") {
    code_ = parse_code(value);
  } else if (name == "grpc-message") {
    message_ = percent_decode(value);
  } else if (name == "content-type") {
    content_type_ = value;
  }
}

void ClientCall::on_headers_end() {
  if (finished_ || code_ || http_status_.starts_with('1')) return;  // 1xx: the response is still to come
  if (http_status_ != "200") return abort(status_of_http(http_status_));
  if (!content_type_.starts_with("application/grpc")) {
    abort({Code::kUnknown, "unexpected content-type \"" + content_type_ + "\""});
  }
}

void ClientCall::on_data(std::string_view bytes) {
  while (!finished_) {
    const FrameReader::Frame frame = reader_.next(bytes);
    switch (frame.kind) {
      case FrameReader::Kind::kNeedMore:
        return;
      case FrameReader::Kind::kBadFlag:
        return abort({Code::kInternal, "grpc: malformed message prefix"});
      case FrameReader::Kind::kTooLarge:
        return abort({Code::kResourceExhausted,
                      "grpc: received message larger than max (" + std::to_string(frame.length) + " vs. " +
                          std::to_string(connection_->receive_message_bytes_max()) + ")"});
      case FrameReader::Kind::kMessage:
        if (frame.compressed) return abort({Code::kInternal, "grpc: compressed message without an encoding"});
        take_message(frame.message);
    }
  }
}

void ClientCall::take_message(std::string_view message) {
  if (request_.stream_events) {
    if (request_.stream_events->on_message) request_.stream_events->on_message(std::string(message));
    return;
  }
  if (std::exchange(received_, true)) return abort({Code::kInternal, "grpc: more than one response message"});
  response_ = message;
}

void ClientCall::on_peer_end() {
  if (finished_) return;
  // The status is here; what we have not sent yet, nobody reads.
  if (!output_ended || output.size() > 0) connection_->reset(id);
  finish(final_status());
}

Status ClientCall::final_status() const {
  if (!code_) return {Code::kInternal, "server closed the stream without sending trailers"};
  if (*code_ == Code::kOk && !reader_.at_boundary())
    return {Code::kInternal, "grpc: unexpected end of a message"};
  if (*code_ == Code::kOk && !request_.stream_events && !received_) {
    return {Code::kInternal, "grpc: OK without a response message"};
  }
  return {*code_, message_};
}

void ClientCall::on_stream_closed(std::uint32_t h2_error) {
  started_ = false;
  if (finished_) return;
  if (h2_error == static_cast<std::uint32_t>(H2Error::kRefusedStream)) sent_ = false;
  if (!sent_) return finish({Code::kUnavailable, "the server takes no more calls on this connection"});
  finish(status_of_reset(h2_error));
}

void ClientCall::fail(Status status) {
  if (!finished_) finish(std::move(status));
}

void ClientCall::finish(Status status) {
  finished_ = true;
  disarm();
  if (auto events = std::exchange(request_.stream_events, std::nullopt)) {
    if (events->on_done) events->on_done(std::move(status));
  } else if (auto done = std::exchange(request_.done, nullptr)) {
    if (!status.ok()) response_.clear();
    done({std::move(status), std::move(response_), sent_});
  }
}

}  // namespace kv::rpc
