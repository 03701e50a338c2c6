#include "libkv/rpc/grpc_call.h"

#include <array>
#include <utility>

#include "libkv/rpc/gzip.h"
#include "libkv/rpc/h2_server.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/percent.h"
#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr Header kStatus200{":status", "200", true};
constexpr Header kContentType{"content-type", "application/grpc", true};
constexpr Header kAcceptEncoding{"grpc-accept-encoding", "gzip,identity", true};
constexpr Header kStatusOk{"grpc-status", "0", true};

Status message_too_large(std::size_t size, std::size_t limit) {
  return {Code::kResourceExhausted, "grpc: received message larger than max (" + std::to_string(size) +
                                        " vs. " + std::to_string(limit) + ")"};
}

std::string code_text(Code code) {
  return std::to_string(static_cast<int>(code));
}

}  // namespace

Status server_stopped() {
  return {Code::kUnavailable, "etcdserver: server stopped"};
}

void answer_without_call(H2Session& session, std::int32_t id, const Status& status) {
  const std::string code = code_text(status.code);
  const std::string text = percent_encode(status.message);
  const std::array headers{kStatus200, kContentType, kAcceptEncoding, Header{"grpc-status", code},
                           Header{"grpc-message", text}};
  session.respond_without_body(id, headers);
}

void refuse_method(H2Session& session, std::int32_t id) {
  const std::array headers{Header{":status", "405", true}, Header{"allow", "POST", true}};
  session.respond_without_body(id, headers);
}

GrpcCall::GrpcCall(H2Server& server, const Method& method)
    : method_(method),
      home_(server.home()),
      server_(&server),
      reader_(server.worker().shared().options.receive_message_bytes_max) {}

GrpcCall::~GrpcCall() = default;

std::string_view GrpcCall::peer() const {
  return home_->remote.address;
}

std::string_view GrpcCall::certificate_name() const {
  return home_->remote.certificate_name;
}

void GrpcCall::open(RequestHead& head) {
  ServerWorker& worker = server_->worker();
  metadata_ = std::move(head.metadata());
  encoding_ = head.encoding();
  const ServerObserver& observer = worker.shared().observer;
  if (observer.started) observer.started(method_.path);
  if (observer.handled) began_ = Clock::now();
  if (method_.unary) worker.unary_begins();
  if (head.timeout()) {
    deadline_ = worker.loop().now() + *head.timeout();
    worker.loop().arm(*this, *deadline_);
  }
  if (!method_.stream) return;
  handler_ = method_.stream(shared_from_this());
  if (finished_ && handler_) worker.loop().at_turn_end(shared_from_this());  // refused by the factory
}

// From any thread.

void GrpcCall::hand_over(Mail&& mail) {
  if (home_->inbox->on_own_thread()) {
    deliver(std::move(mail));
  } else {
    // Nobody to tell when the server is gone, and nothing lost: so is the client.
    static_cast<void>(home_->inbox->push(shared_from_this(), std::move(mail)));
  }
}

void GrpcCall::send(std::string message) {
  queued_bytes_.fetch_add(kFramePrefixBytes + message.size(), std::memory_order_relaxed);
  hand_over(SendMessage{std::move(message)});
}

void GrpcCall::finish(Status status) {
  hand_over(std::move(status));
}

void GrpcCall::reply(std::string message) {
  queued_bytes_.fetch_add(kFramePrefixBytes + message.size(), std::memory_order_relaxed);
  hand_over(ReplyMessage{std::move(message)});
}

void GrpcCall::post(std::function<void()> work) {
  // Through the inbox even on the loop's own thread: in order, and never inside the caller.
  static_cast<void>(home_->inbox->push(shared_from_this(), std::move(work)));
}

// Requests.

/// Input waits while this client does not read its answers.
bool GrpcCall::must_wait() const {
  return server_->congested() || output.size() > kStreamQueueBytesMax;
}

void GrpcCall::on_data(std::string_view bytes) {
  if (held_.empty() && (finished_ || !must_wait())) {
    server_->session().consume(*this, bytes.size());
    return feed(bytes);
  }
  if (held_.empty()) server_->hold(*this);
  held_.append(bytes);
}

void GrpcCall::release_held() {
  if (server_ == nullptr || held_.empty()) return;
  if (must_wait() && !finished_) return server_->hold(*this);
  const std::string bytes = std::exchange(held_, {});
  server_->session().consume(*this, bytes.size());
  feed(bytes);
  if (std::exchange(held_end_, false)) end_of_requests();
  if (server_ != nullptr) server_->flush();  // the window's update
}

void GrpcCall::feed(std::string_view bytes) {
  while (!finished_) {
    if (!take_frame(reader_.next(bytes))) return;
  }
}

/// False when there is no further message to look for.
bool GrpcCall::take_frame(const FrameReader::Frame& frame) {
  switch (frame.kind) {
    case FrameReader::Kind::kNeedMore:
      return false;
    case FrameReader::Kind::kTooLarge:
      conclude(message_too_large(frame.length, server_->worker().shared().options.receive_message_bytes_max));
      return false;
    case FrameReader::Kind::kBadFlag:
      conclude({Code::kInternal, "grpc: the message's compressed flag is neither 0 nor 1"});
      return false;
    case FrameReader::Kind::kMessage:
      if (frame.compressed) return unpack_and_dispatch(frame.message);
      dispatch(frame.message);
      return true;
  }
  return false;
}

bool GrpcCall::unpack_and_dispatch(std::string_view packed) {
  if (encoding_.empty() || encoding_ == "identity") {
    conclude({Code::kInternal, "grpc: compressed flag set with identity or empty encoding"});
    return false;
  }
  if (encoding_ != "gzip") {
    conclude({Code::kUnimplemented,
              "grpc: Decompressor is not installed for grpc-encoding \"" + encoding_ + "\""});
    return false;
  }
  const std::size_t limit = server_->worker().shared().options.receive_message_bytes_max;
  const Inflated inflated = gunzip(packed, limit);
  switch (inflated.outcome) {
    case Inflated::Outcome::kOk:
      dispatch(inflated.bytes);
      return true;
    case Inflated::Outcome::kTooLarge:
      conclude(message_too_large(limit + 1, limit));
      return false;
    case Inflated::Outcome::kBroken:
      conclude({Code::kInternal, "grpc: failed to decompress the received message"});
      return false;
  }
  return false;
}

void GrpcCall::dispatch(std::string_view message) {
  server_->worker().count_bytes(message.size(), 0);
  if (handler_) return handler_->on_message(message);
  if (!method_.unary) return;
  if (std::exchange(dispatched_, true)) {
    return conclude({Code::kInternal, "grpc: more than one request message for a unary method"});
  }
  method_.unary(shared_from_this(), message);
}

void GrpcCall::on_peer_end() {
  if (held_.empty()) return end_of_requests();
  held_end_ = true;
}

void GrpcCall::end_of_requests() {
  if (finished_) return;
  if (!reader_.at_boundary()) return conclude({Code::kInternal, "grpc: unexpected end of a message"});
  if (handler_) return handler_->on_half_close();
  if (!dispatched_) conclude({Code::kInternal, "grpc: the request ended without a message"});
}

// Answers.

void GrpcCall::deliver(Mail&& mail) {
  if (auto* reply = std::get_if<ReplyMessage>(&mail)) {
    queue(std::move(reply->bytes));
    conclude({});
  } else if (auto* message = std::get_if<SendMessage>(&mail)) {
    queue(std::move(message->bytes));
  } else if (auto* status = std::get_if<Status>(&mail)) {
    conclude(std::move(*status));
  }
}

void GrpcCall::run(Work&& work) {
  if (over()) return;
  if (server_->may_answer()) return work();
  put_off_.push_back(std::move(work));
  server_->put_off(*this);
}

void GrpcCall::run_put_off() {
  if (over() || put_off_.empty()) return;
  const Work work = std::move(put_off_.front());
  put_off_.erase(put_off_.begin());
  work();
}

void GrpcCall::queue(std::string message) {
  const std::size_t size = kFramePrefixBytes + message.size();
  if (finished_ || server_ == nullptr) {
    queued_bytes_.fetch_sub(size, std::memory_order_relaxed);
    return;
  }
  server_->worker().count_bytes(0, message.size());
  server_->output_queued(size);
  const bool idle = output.size() == 0;
  output.push_message(std::move(message));
  if (!headers_sent_) {
    submit_headers();
  } else if (idle) {
    server_->session().resume(*this);
  }
  server_->flush();
}

void GrpcCall::submit_headers() {
  static constexpr std::array kHeaders{kStatus200, kContentType};
  headers_sent_ = true;
  server_->session().respond(*this, kHeaders);
}

void GrpcCall::conclude(Status status) {
  if (finished_ || server_ == nullptr) return;
  settle(status.code);
  if (!headers_sent_ && !status.ok()) {
    headers_sent_ = true;
    answer_without_call(server_->session(), id, status);
  } else {
    status_ = std::move(status);
    output_ended = true;
    if (!headers_sent_) {
      submit_headers();
    } else if (output.size() == 0) {
      server_->session().resume(*this);
    }
  }
  server_->flush();
}

/// The call is over for the handler and for the statistics, its last bytes may still be on the way.
void GrpcCall::settle(Code code) {
  finished_ = true;
  if (!std::exchange(put_off_, {}).empty()) server_->put_off_dropped();
  disarm();
  const ServerObserver& observer = server_->worker().shared().observer;
  if (observer.handled) observer.handled(method_.path, code, Clock::now() - began_);
  if (method_.unary) server_->worker().unary_ends();
  if (handler_) server_->worker().loop().at_turn_end(shared_from_this());
}

void GrpcCall::at_turn_end() {
  handler_->on_done();
  handler_.reset();
}

bool GrpcCall::submit_trailers() {
  if (status_.ok()) {
    static constexpr std::array kTrailers{kStatusOk};
    server_->session().trailers(id, kTrailers);
    return true;
  }
  const std::string code = code_text(status_.code);
  const std::string text = percent_encode(status_.message);
  const std::array trailers{Header{"grpc-status", code}, Header{"grpc-message", text}};
  server_->session().trailers(id, trailers);
  return true;
}

void GrpcCall::on_output_taken(std::size_t count) {
  server_->output_left(count);
  queued_bytes_.fetch_sub(count, std::memory_order_relaxed);
}

void GrpcCall::on_timer() {
  cancelled_.store(true, std::memory_order_relaxed);
  // Behind answers that the client does not take, the status would wait for ever.
  const bool stuck = output.size() > 0;
  conclude({Code::kDeadlineExceeded, "context deadline exceeded"});
  if (stuck && server_ != nullptr) server_->session().reset(id, H2Error::kCancel);
}

void GrpcCall::on_shutdown() {
  conclude(server_stopped());
}

void GrpcCall::on_closed() {
  if (!finished_) {
    cancelled_.store(true, std::memory_order_relaxed);
    settle(Code::kCancelled);
  }
  if (!held_.empty()) server_->session().consume_connection(held_.size());
  queued_bytes_.fetch_sub(output.size(), std::memory_order_relaxed);
  output.clear();
  server_ = nullptr;
}

}  // namespace kv::rpc
