#include "libraft/net/outgoing.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/core/describe.h"

namespace raft {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string ms(std::chrono::milliseconds duration) {
  return std::to_string(duration.count()) + " ms";
}

}  // namespace

Outgoing::Outgoing(asio::io_context& io, NetContext& context, Target target, OutgoingEvents& events)
    : context_(context),
      target_(std::move(target)),
      events_(&events),
      tally_(context.tally.of(target_.peer)),
      resolver_(io),
      timer_(io),
      wire_(make_wire(tcp::socket(io), context.tls ? &context.tls->dialling : nullptr)) {}

void Outgoing::start() {
  watch(context_.limits.connect_timeout);
  resolve();
}

void Outgoing::close() {
  events_ = nullptr;
  timer_.cancel();
  resolver_.cancel();
  wire_->close();
}

void Outgoing::lose(const std::string& reason) {
  if (events_ == nullptr) return;
  OutgoingEvents& events = *events_;
  close();
  events.on_lost(reason);
}

void Outgoing::watch(std::chrono::milliseconds after) {
  timer_.expires_after(after);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->on_watch();
  });
}

void Outgoing::on_watch() {
  if (events_ == nullptr) return;
  if (!established_) return lose("no answer within " + ms(context_.limits.connect_timeout));
  if (writing_ && writes_ == writes_watched_) {
    return lose("nothing could be written for " + ms(context_.limits.stall_timeout));
  }
  writes_watched_ = writes_;
  tally_->round_trip_us = round_trip_us(wire_->socket());
  watch(context_.limits.stall_timeout);
}

/// Addresses need no lookup, and so do not wait behind one.
void Outgoing::resolve() {
  error_code not_an_address;
  const auto address = asio::ip::make_address(target_.endpoint.host, not_an_address);
  if (!not_an_address) return connect({tcp::endpoint(address, target_.endpoint.port)});
  resolver_.async_resolve(
      target_.endpoint.host, std::to_string(target_.endpoint.port), tcp::resolver::numeric_service,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& addresses) {
        if (self->events_ == nullptr) return;
        if (error) return self->lose("cannot look up the name: " + error.message());
        self->on_resolved(addresses);
      });
}

void Outgoing::on_resolved(const tcp::resolver::results_type& addresses) {
  std::vector<tcp::endpoint> ordered(addresses.begin(), addresses.end());
  const auto first = static_cast<std::ptrdiff_t>(target_.turn % ordered.size());
  std::rotate(ordered.begin(), ordered.begin() + first, ordered.end());
  connect(ordered);
}

void Outgoing::connect(const std::vector<tcp::endpoint>& addresses) {
  asio::async_connect(wire_->socket(), addresses,
                      [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                        self->on_connected(error);
                      });
}

void Outgoing::on_connected(const error_code& error) {
  if (events_ == nullptr) return;
  if (error) return lose("cannot connect: " + error.message());
  tune(wire_->socket(), context_.limits.unacknowledged_max);
  wire_->async_secure(target_.endpoint.host,
                      [self = shared_from_this()](const error_code& why) { self->on_secure(why); });
}

void Outgoing::on_secure(const error_code& error) {
  if (events_ == nullptr) return;
  if (error) return lose("TLS handshake failed: " + error.message());
  output_ = hello_frame({.cluster_id = context_.cluster_id,
                         .sender = context_.self,
                         .receiver = target_.peer,
                         .lane = target_.lane});
  write_more();
  read();
}

bool Outgoing::write(std::string& frame) {
  RAFT_CHECK(established_);
  RAFT_CHECK(!writing_);
  const std::size_t now = wire_->write_now(frame);
  count(tally_->bytes_sent, now);
  if (now == frame.size()) return true;
  output_.swap(frame);
  output_written_ = now;
  write_more();
  return false;
}

void Outgoing::write_more() {
  writing_ = true;
  wire_->async_write_some(
      std::string_view(output_).substr(output_written_),
      [self = shared_from_this()](const error_code& error, std::size_t n) { self->on_written(error, n); });
}

void Outgoing::on_written(const error_code& error, std::size_t count) {
  if (events_ == nullptr) return;
  if (error) return lose("write failed: " + error.message());
  ++writes_;
  raft::count(tally_->bytes_sent, count);
  output_written_ += count;
  if (output_written_ < output_.size()) return write_more();
  output_.clear();
  output_written_ = 0;
  writing_ = false;
  if (established_) return events_->on_written();
  if (acceptable_) establish();
}

void Outgoing::read() {
  wire_->async_read_some(reader_.prepare(),
                         [self = shared_from_this()](const error_code& error, std::size_t count) {
                           self->on_read(error, count);
                         });
}

void Outgoing::on_read(const error_code& error, std::size_t count) {
  if (events_ == nullptr) return;
  if (closed_by_peer(error)) return lose("closed by the peer");
  if (error) return lose("read failed: " + error.message());
  reader_.commit(count);
  while (events_ != nullptr) {
    auto frame = reader_.next();
    if (!frame) return lose("not a peer's answer: " + frame.error().text());
    if (!*frame) break;
    on_frame(**frame);
  }
  if (events_ != nullptr) read();
}

/// Peers answer on their own connections: here only the handshake comes back, or a refusal.
void Outgoing::on_frame(const Frame& frame) {
  if (frame.type == FrameType::kRefusal) return on_refusal(frame.body);
  if (frame.type == FrameType::kHello && !acceptable_) return on_hello(frame.body);
  lose("an unexpected frame came back");
}

void Outgoing::on_hello(std::string_view body) {
  auto hello = decode_hello(body);
  if (!hello) return lose(hello.error().text());
  const Expectation expected{.cluster_id = context_.cluster_id, .self = context_.self, .peer = target_.peer};
  if (const auto refusal = judge(*hello, expected)) {
    count(tally_->refusals);
    return lose("refused: " + refusal->reason);
  }
  version_ = std::min(hello->newest, kPeerProtocolNewest);
  acceptable_ = true;
  if (!writing_) establish();
}

void Outgoing::establish() {
  established_ = true;
  tally_->round_trip_us = round_trip_us(wire_->socket());
  watch(context_.limits.stall_timeout);
  events_->on_established();
}

void Outgoing::on_refusal(std::string_view body) {
  count(tally_->refusals);
  auto refusal = decode_refusal(body);
  if (refusal && refusal->code == RefusalCode::kRemoved && context_.told_removed) {
    context_.told_removed(refusal->reason);
  }
  lose(refusal ? "refused by the peer: " + refusal->reason : refusal.error().text());
}

}  // namespace raft
