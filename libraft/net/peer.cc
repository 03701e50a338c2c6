#include "libraft/net/peer.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "libraft/core/describe.h"
#include "libraft/net/codec.h"
#include "libraft/net/message_kind.h"

namespace raft {
namespace {

/// Write buffers up to this size are kept for the next frame; a larger one was for one large message.
constexpr std::size_t kFrameBytesKept = 4U << 20U;

/// Then the other connections of the I/O thread have their turn.
constexpr int kFramesPerTurn = 8;

}  // namespace

Peer::Peer(boost::asio::io_context& io, NetContext& context, PeerAddress address, Lane lane, Random random)
    : io_(io),
      context_(context),
      id_(address.id),
      lane_(lane),
      tally_(lane == Lane::kUsual ? context.tally.of(address.id) : std::make_shared<PeerTally>()),
      queue_(context.limits.queue_bytes_max, context.limits.queue_messages_max),
      address_(std::move(address)),
      backoff_(context.limits.reconnect_pause_min, context.limits.reconnect_pause_max, random),
      retry_(io) {}

void Peer::send(std::vector<Message>&& messages) {
  const SendQueue::Pushed pushed = queue_.push(std::move(messages));
  if (pushed.dropped > 0) count(tally_->messages_dropped, pushed.dropped);
  if (pushed.wake) boost::asio::post(io_, [self = shared_from_this()] { self->flush(); });
}

void Peer::start() {
  if (!stopped_ && !connection_) connect();
}

void Peer::move_to(PeerAddress address) {
  if (stopped_ || address == address_) return;
  address_ = std::move(address);
  attempts_ = 0;
  backoff_.reset();
  disconnect();
  connect();
}

void Peer::heard_of() {
  if (stopped_ || connection_) return;
  connect();
}

void Peer::stop() {
  stopped_ = true;
  disconnect();
}

const Endpoint& Peer::endpoint() const {
  return address_.endpoints[attempts_ % address_.endpoints.size()];
}

void Peer::connect() {
  retry_.cancel();
  connection_ = std::make_shared<Outgoing>(
      io_, context_, Outgoing::Target{id_, endpoint(), attempts_ / address_.endpoints.size(), lane_},
      static_cast<OutgoingEvents&>(*this));
  connection_->start();
}

void Peer::disconnect() {
  retry_.cancel();
  if (connection_) connection_->close();
  connection_.reset();
  tally_->connected = false;
  tally_->round_trip_us = 0;
  // What was taken but not written is lost as well; what was being written may or may not arrive.
  const std::size_t dropped = queue_.close() + (batch_.size() - batch_next_);
  if (dropped > 0) count(tally_->messages_dropped, dropped);
  batch_.clear();
  batch_next_ = 0;
  established_ = writing_ = false;
}

void Peer::retry_later() {
  ++attempts_;
  retry_.expires_after(backoff_.next());
  retry_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->start();
  });
}

void Peer::on_established() {
  established_ = true;
  established_at_ = std::chrono::steady_clock::now();
  count(tally_->connects);
  queue_.open();
  tally_->connected = true;
  report(LogLevel::kInfo, "peer-connected", "");
}

void Peer::on_lost(const std::string& reason) {
  const bool was_established = established_;
  // A connection that ends at once is a failed attempt: it must not be retried at full speed.
  if (was_established &&
      std::chrono::steady_clock::now() - established_at_ >= context_.limits.reconnect_pause_max) {
    backoff_.reset();
  }
  if (!was_established) count(tally_->connect_failures);
  disconnect();
  report(LogLevel::kWarning, was_established ? "peer-lost" : "peer-unreachable",
         " reason=\"" + reason + "\"");
  retry_later();
}

/// Each endpoint is a subject of its own: attempts alternate between them, and so would the lines.
void Peer::report(LogLevel level, std::string_view event, const std::string& rest) {
  const std::string subject = " peer=" + describe(id_) + " address=" + describe(endpoint());
  context_.log.report(level, subject, "event=" + std::string(event) + subject + rest);
}

void Peer::on_written() {
  writing_ = false;
  frame_written();
  flush();
}

void Peer::frame_written() {
  queue_.written(frame_bytes_, frame_messages_);
  count(tally_->messages_sent, frame_messages_);
}

/// Everything that queued while the last frame was on its way goes into the next.
void Peer::flush() {
  if (!established_ || writing_) return;
  for (int frames = 0; frames < kFramesPerTurn; ++frames) {
    if (batch_.empty()) queue_.take(batch_);
    if (batch_.empty()) return;
    fill_frame();
    const bool nothing = frame_.size() == kFrameHeaderBytes;  // all of it too new for the peer
    if (!nothing && !connection_->write(frame_)) {
      writing_ = true;
      return;
    }
    frame_written();
  }
  boost::asio::post(io_, [self = shared_from_this()] { self->flush(); });
}

void Peer::fill_frame() {
  if (frame_.capacity() > kFrameBytesKept) frame_ = {};
  frame_.clear();
  begin_frame(frame_);
  const std::size_t first = batch_next_;
  std::size_t unspoken_bytes = 0;
  while (batch_next_ < batch_.size() && frame_.size() < kFrameHeaderBytes + kFrameTargetBytes) {
    const Message& next = batch_[batch_next_++];
    if (version_of(next) <= connection_->version()) {
      encode(next, frame_);
    } else {
      unspoken_bytes += encoded_size(next);
      count(tally_->messages_dropped);
    }
  }
  frame_messages_ = batch_next_ - first;
  frame_bytes_ = frame_.size() - kFrameHeaderBytes + unspoken_bytes;
  finish_frame(frame_, FrameType::kMessages);
  if (batch_next_ == batch_.size()) {
    batch_.clear();
    batch_next_ = 0;
  }
}

}  // namespace raft
