#include "libkv/rpc/h2_server.h"

#include <utility>

#include "libkv/rpc/block_cache.h"
#include "libkv/rpc/grpc_call.h"
#include "libkv/rpc/h2_http_stream.h"
#include "libkv/rpc/limits.h"
#include "libkv/rpc/server_connection.h"

namespace kv::rpc {

std::unique_ptr<Protocol> make_h2_server(ServerWorker& worker, ServerConnection& connection, Remote remote,
                                         std::function<void()> established) {
  return std::make_unique<H2Server>(worker, connection, std::move(remote), std::move(established));
}

H2Server::H2Server(ServerWorker& worker, ServerConnection& connection, Remote remote,
                   std::function<void()> established)
    : worker_(worker),
      connection_(connection),
      home_(std::make_shared<const CallHome>(worker.loop().inbox(), std::move(remote))),
      established_(std::move(established)),
      session_({H2Side::kServer, worker.shared().options.concurrent_streams_max}, *this),
      ping_guard_(worker.shared().options.keepalive_min_time),
      reset_guard_(kResetBurst, kResetsPerSecond),
      empty_guard_(kEmptyDataBurst, kEmptyDataPerSecond),
      keepalive_(worker.shared().options.keepalive_interval, worker.shared().options.keepalive_timeout,
                 worker.loop().now()),
      keepalive_timer_([this] { check_keepalive(); }),
      notice_timer_([this] { final_goaway(); }) {
  check_keepalive();
}

H2Server::~H2Server() {
  lost();
}

bool H2Server::receive(std::string_view bytes) {
  keepalive_.heard(worker_.loop().now());
  if (expelled_) return false;
  return session_.receive(bytes);
}

void H2Server::produce(std::string& out, std::size_t bytes_max) {
  session_.produce(out, bytes_max);
  release_held();
  run_put_off();
}

bool H2Server::finished() const {
  return session_.finished() || (expelled_ && !session_.wants_write());
}

void H2Server::flush() {
  worker_.loop().flush_soon(connection_);
}

bool H2Server::congested() const {
  return queued_bytes_ > kConnectionQueueBytesMax;
}

void H2Server::add(std::int32_t id, std::shared_ptr<ServerStream> stream) {
  session_.attach(id, *stream);
  streams_.add(std::move(stream));
}

void H2Server::on_block_begin(std::int32_t, H2Stream*) {
  head_.reset();
}

void H2Server::on_header(std::string_view name, std::string_view value) {
  head_.add(name, value);
}

void H2Server::on_block_end(std::int32_t id, H2Stream*, bool trailers) {
  if (trailers) return;  // a client's trailers mean nothing in gRPC
  if (head_.malformed() && !head_.too_large()) {
    on_violation("malformed request headers");
    return session_.reset(id, H2Error::kProtocol);
  }
  if (streams_.size() >= kOpenStreamsMax) return session_.reset(id, H2Error::kRefusedStream);
  if (head_.is_grpc()) return open_call(id);
  auto stream = std::make_shared<H2HttpStream>(*this);
  add(id, stream);
  stream->open(head_);
}

void H2Server::open_call(std::int32_t id) {
  const Registry& registry = worker_.shared().registry;
  if (!head_.is_post()) return refuse_method(session_, id);
  Status fault = head_.fault();
  const Method* method = fault.ok() ? registry.find(head_.path()) : nullptr;
  if (fault.ok() && method == nullptr) fault = registry.unknown(head_.path());
  if (fault.ok() && leaving_) fault = server_stopped();
  if (!fault.ok()) return answer_without_call(session_, id, fault);
  auto call = make_cached<GrpcCall>(*this, *method);
  GrpcCall& opened = *call;
  add(id, std::move(call));
  opened.open(head_);
}

void H2Server::on_data(H2Stream& stream, std::string_view bytes) {
  static_cast<ServerStream&>(stream).on_data(bytes);
}

void H2Server::on_empty_data() {
  if (!empty_guard_.allow(worker_.loop().now())) expel("too_many_empty_frames");
}

void H2Server::on_peer_end(H2Stream& stream) {
  static_cast<ServerStream&>(stream).on_peer_end();
}

void H2Server::on_stream_closed(H2Stream& stream, std::uint32_t) {
  auto& closed = static_cast<ServerStream&>(stream);
  queued_bytes_ -= closed.output.size();
  closed.on_closed();
  worker_.loop().retire(streams_.remove(closed));
}

void H2Server::on_stream_error(std::uint32_t) {
  if (!reset_guard_.allow(worker_.loop().now())) expel("too_many_resets");
}

void H2Server::on_ping(bool acknowledgement) {
  if (acknowledgement) {
    if (noticed_ && !leaving_) final_goaway();
    return;
  }
  if (!ping_guard_.allow(worker_.loop().now(), streams_.size() > 0)) expel("too_many_pings");
}

void H2Server::on_settings() {
  if (established_) std::exchange(established_, nullptr)();
}

void H2Server::on_goaway(std::uint32_t error, std::string_view) {
  if (error != 0) on_violation("goaway from the client: " + h2_error_name(error));
}

void H2Server::on_violation(std::string_view what) {
  worker_.shared().debug("event=h2_violation peer=" + home_->remote.address + " " + std::string(what));
}

/// Tells the client why, and closes.
void H2Server::expel(std::string_view why) {
  if (std::exchange(expelled_, true)) return;
  worker_.shared().debug("event=client_expelled peer=" + home_->remote.address +
                         " reason=" + std::string(why));
  session_.goaway(H2Error::kEnhanceYourCalm, why);
}

void H2Server::release_held() {
  if (held_streams_.empty() || congested()) return;
  for (const auto& stream : std::exchange(held_streams_, {})) {
    if (stream->index != H2Stream::kNoIndex) stream->release_held();
  }
}

void H2Server::hold(const ServerStream& stream) {
  held_streams_.push_back(streams_.shared(stream));
}

bool H2Server::may_answer() const {
  return put_off_.empty() && !congested() && Loop::Clock::now() - worker_.loop().now() < kAnswerSlice;
}

void H2Server::put_off(GrpcCall& call) {
  forget_dropped();
  put_off_.push_back(call.shared_from_this());
  if (put_off_.size() == 1) worker_.loop().flush_next_turn(connection_);
}

/// A client that asks, reads nothing and resets must not make the queue grow.
void H2Server::forget_dropped() {
  if (put_off_dropped_ < kPutOffDroppedMax || put_off_dropped_ < put_off_.size() / 2) return;
  std::erase_if(put_off_, [](const auto& call) { return call->over(); });
  put_off_dropped_ = 0;
}

/// One slice a turn. What stays waits for the next output: for room, or for the turns of others.
void H2Server::run_put_off() {
  if (put_off_.empty() || congested()) return;
  Loop& loop = worker_.loop();
  if (std::exchange(slice_turn_, loop.now()) == loop.now()) return loop.flush_next_turn(connection_);
  const auto began = Loop::Clock::now();
  while (!put_off_.empty() && !congested()) {
    if (Loop::Clock::now() - began >= kAnswerSlice) return loop.flush_next_turn(connection_);
    const auto call = std::move(put_off_.front());
    put_off_.pop_front();
    call->run_put_off();
  }
}

void H2Server::check_keepalive() {
  Loop& loop = worker_.loop();
  const auto verdict = keepalive_.check(loop.now());
  if (verdict.action == Keepalive::Action::kDrop) {
    on_violation("no answer to a keepalive ping");
    return connection_.close("keepalive_timeout");
  }
  if (verdict.action == Keepalive::Action::kPing) {
    session_.ping();
    flush();
  }
  loop.arm(keepalive_timer_, verdict.again);
}

void H2Server::lost() {
  if (std::exchange(lost_, true)) return;
  keepalive_timer_.disarm();
  notice_timer_.disarm();
  for (const auto& stream : streams_.snapshot()) {
    stream->on_closed();
    worker_.loop().retire(streams_.remove(*stream));
  }
}

void H2Server::drain() {
  if (std::exchange(noticed_, true)) return;
  session_.shutdown_notice();
  session_.ping();  // its answer means that no request is under way any more
  Loop& loop = worker_.loop();
  loop.arm(notice_timer_, loop.now() + kShutdownNoticeTime);
}

void H2Server::final_goaway() {
  if (lost_ || std::exchange(leaving_, true)) return;
  notice_timer_.disarm();
  session_.goaway(H2Error::kNone, "");
  flush();
}

void H2Server::end() {
  final_goaway();
  for (const auto& stream : streams_.snapshot()) stream->on_shutdown();
}

}  // namespace kv::rpc
