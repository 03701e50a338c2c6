#include "libraft/net/incoming.h"

#include <boost/asio/error.hpp>
#include <utility>

#include "libraft/core/describe.h"
#include "libraft/net/codec.h"

namespace raft {
namespace {

std::string ms(std::chrono::milliseconds duration) {
  return std::to_string(duration.count()) + " ms";
}

/// The address without the port, which is another one at each attempt.
std::string host_of(const std::string& remote) {
  return remote.substr(0, remote.rfind(':'));
}

}  // namespace

Incoming::Incoming(std::unique_ptr<Wire> wire, NetContext& context, std::string remote,
                   IncomingEvents& events)
    : context_(context),
      remote_(std::move(remote)),
      events_(&events),
      wire_(std::move(wire)),
      timer_(wire_->socket().get_executor()) {}

void Incoming::start() {
  tune(wire_->socket(), context_.limits.unacknowledged_max);
  watch(context_.limits.handshake_timeout);
  wire_->async_secure({}, [self = shared_from_this()](const error_code& error) { self->on_secure(error); });
}

void Incoming::close() {
  events_ = nullptr;
  timer_.cancel();
  wire_->close();
}

void Incoming::finish() {
  if (events_ == nullptr) return;
  IncomingEvents& events = *events_;
  close();
  events.on_closed(*this);
}

/// Something at the other end is broken or no peer at all.
void Incoming::finish_for(const std::string& fault) {
  if (events_ == nullptr) return;
  count(context_.tally.protocol_errors);
  const std::string who = peer_ ? " peer=" + describe(*peer_) : "";
  context_.log.report(LogLevel::kWarning, "from " + host_of(remote_), who + fault,
                      "event=connection-dropped remote=" + remote_ + who + " reason=\"" + fault + "\"");
  finish();
}

void Incoming::watch(std::chrono::milliseconds after) {
  timer_.expires_after(after);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->on_watch();
  });
}

void Incoming::on_watch() {
  if (events_ == nullptr) return;
  if (ending_) return finish();
  if (!peer_) return finish_for("no hello within " + ms(context_.limits.handshake_timeout));
  if (reader_.mid_frame() && reads_ == reads_watched_) {
    return finish_for("the rest of a frame did not come within " + ms(context_.limits.stall_timeout));
  }
  reads_watched_ = reads_;
  watch(context_.limits.stall_timeout);
}

void Incoming::on_secure(const error_code& error) {
  if (events_ == nullptr) return;
  if (error) return finish_for("TLS handshake failed: " + error.message());
  read();
}

void Incoming::read() {
  wire_->async_read_some(
      reader_.prepare(),
      [self = shared_from_this()](const error_code& error, std::size_t n) { self->on_read(error, n); });
}

void Incoming::on_read(const error_code& error, std::size_t count) {
  if (events_ == nullptr) return;
  if (error) return finish();  // its own dialler says why, if there was a peer
  ++reads_;
  if (tally_) raft::count(tally_->bytes_received, count);
  reader_.commit(count);
  on_frames();
  if (events_ != nullptr && !ending_) read();
}

void Incoming::on_frames() {
  while (events_ != nullptr && !ending_) {
    auto frame = reader_.next();
    if (!frame) {
      deliver();
      return finish_for(frame.error().text());
    }
    if (!*frame) break;
    on_frame(**frame);
  }
  deliver();
}

void Incoming::on_frame(const Frame& frame) {
  if (!peer_) return on_hello(frame);
  if (frame.type == FrameType::kMessages) return on_messages(frame.body);
  finish_for("an unexpected frame");
}

void Incoming::on_hello(const Frame& frame) {
  if (frame.type == FrameType::kRosterRequest) return on_roster_request();
  if (frame.type != FrameType::kHello) return finish_for("the first frame is not a hello");
  auto hello = decode_hello(frame.body);
  if (!hello) return finish_for(hello.error().text());
  const Expectation expected{.cluster_id = context_.cluster_id, .self = context_.self};
  if (const auto refusal = judge(*hello, expected)) return refuse(*hello, *refusal);
  if (context_.removed && context_.removed(hello->sender)) {
    return refuse(*hello, {RefusalCode::kRemoved,
                           "member " + describe(hello->sender) + " was removed from the cluster"});
  }
  peer_ = hello->sender;
  lane_ = hello->lane;
  tally_ = context_.tally.of(*peer_);
  reader_.set_body_bytes_max(kFrameBodyBytesMax);
  watch(context_.limits.stall_timeout);
  write(hello_frame({.cluster_id = context_.cluster_id, .sender = context_.self, .receiver = *peer_}));
  events_->on_accepted(*this, *peer_);
}

void Incoming::on_roster_request() {
  if (!context_.roster) return finish_for("it asks for a roster, and there is none");
  ending_ = true;
  std::string frame;
  begin_frame(frame);
  frame += context_.roster();
  finish_frame(frame, FrameType::kRoster);
  write(std::move(frame));
}

void Incoming::refuse(const Hello& hello, const Refusal& refusal) {
  ending_ = true;
  count(context_.tally.handshakes_refused);
  // Only of a peer of this cluster is the id more than a claim.
  if (hello.cluster_id == context_.cluster_id) count(context_.tally.of(hello.sender)->refusals);
  context_.log.report(LogLevel::kWarning, "refusal " + host_of(remote_) + " " + describe(hello.sender),
                      refusal.reason,
                      "event=peer-refused remote=" + remote_ + " reason=\"" + refusal.reason + "\"");
  write(refusal_frame(refusal));
}

void Incoming::on_messages(std::string_view body) {
  const std::size_t before = arrived_.size();
  auto decoded = decode_messages(body, arrived_);
  count(tally_->messages_received, arrived_.size() - before);
  if (decoded) return;
  deliver();
  finish_for(decoded.error().text());
}

/// One call for everything that one read brought.
void Incoming::deliver() {
  if (events_ == nullptr || arrived_.empty()) return;
  context_.receive(*peer_, std::exchange(arrived_, {}));
}

void Incoming::write(std::string frame) {
  output_ = std::move(frame);
  write_more();
}

void Incoming::write_more() {
  wire_->async_write_some(
      std::string_view(output_).substr(output_written_),
      [self = shared_from_this()](const error_code& error, std::size_t n) { self->on_written(error, n); });
}

void Incoming::on_written(const error_code& error, std::size_t count) {
  if (events_ == nullptr) return;
  if (error) return finish();
  output_written_ += count;
  if (output_written_ < output_.size()) return write_more();
  if (ending_) finish();
}

}  // namespace raft
