#include "libraft/net/asio_transport.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/core/describe.h"
#include "libraft/net/listener.h"
#include "libraft/net/net_context.h"
#include "libraft/net/peer.h"

namespace raft {
namespace {

namespace asio = boost::asio;

Result<void> check(const AsioTransportOptions& options) {
  if (options.self == NodeId(0)) return fail(ErrorCode::kInvalidArgument, "self", "0 is nobody's id");
  const auto faults = options.limits.faults();
  if (!faults.empty()) return fail(ErrorCode::kInvalidArgument, "limits", faults.front());
  return {};
}

NetContext make_context(AsioTransportOptions& options, std::unique_ptr<PeerTls> tls) {
  return {.self = options.self,
          .cluster_id = options.cluster_id,
          .limits = options.limits,
          .tls = std::move(tls),
          .receive = {},
          .roster = std::move(options.roster),
          .removed = std::move(options.removed),
          .told_removed = std::move(options.told_removed),
          .log = ChangeLog(std::move(options.log)),
          .tally = {}};
}

}  // namespace

class AsioTransport::Impl {
 public:
  Impl(AsioTransportOptions& options, std::unique_ptr<PeerTls> tls)
      : context_(make_context(options, std::move(tls))),
        random_(options.random_seed),
        io_(1),  // one thread runs it: Asio may leave its own locks' contention out
        work_(io_.get_executor()),
        listener_(io_, context_, [this](NodeId peer) { heard_of(peer); }) {}

  Result<void> open(const AsioTransportOptions& options) {
    RETURN_IF_ERROR(listener_.open(options.listen));
    for (const PeerAddress& peer : options.peers) RETURN_IF_ERROR(set_peer(peer));
    return {};
  }

  Result<void> start(ReceiveHandler receive);
  void stop();
  void send(NodeId to, std::vector<Message>&& messages);
  Result<void> set_peer(PeerAddress address);
  void remove_peer(NodeId peer);

  [[nodiscard]] bool connected(NodeId peer) const {
    std::lock_guard lock(mutex_);
    const auto found = peers_.find(peer);
    return found != peers_.end() && found->second.usual->connected();
  }
  [[nodiscard]] std::vector<std::uint16_t> bound_ports() const { return ports_; }
  [[nodiscard]] TransportCounters counters() const { return context_.tally.read(); }
  void remember_ports() { ports_ = listener_.bound_ports(); }

 private:
  /// What goes to one member. States have a connection of their own, made when the first is sent: behind a
  /// megabyte of one, a heartbeat would come too late.
  struct Lanes {
    PeerAddress address;
    std::shared_ptr<Peer> usual;  // both shared with their operations in flight
    std::shared_ptr<Peer> states;
  };

  void run();
  void heard_of(NodeId peer);
  std::shared_ptr<Peer> make_peer(const PeerAddress& address, Lane lane);
  Peer& lane_for(Lanes& lanes, const Message& message);
  void close_everything();

  // Before io_: operations that never ran are destroyed with it and refer to this.
  NetContext context_;
  Random random_;  // guarded by mutex_
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Listener listener_;  // I/O thread only, once started
  std::vector<std::uint16_t> ports_;

  mutable std::mutex mutex_;  // guards peers_, random_
  std::map<NodeId, Lanes> peers_;

  std::mutex lifecycle_;  // guards thread_, stopped_
  std::thread thread_;
  bool stopped_ = false;
};

Result<void> AsioTransport::Impl::start(ReceiveHandler receive) {
  std::lock_guard lock(lifecycle_);
  RAFT_CHECK(!thread_.joinable());
  if (stopped_) return fail(ErrorCode::kUnavailable, "transport", "it was stopped");
  context_.receive = std::move(receive);
  asio::post(io_, [this] { listener_.start(); });
  try {
    thread_ = std::thread([this]() noexcept { run(); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::kUnavailable, "transport", std::string("no thread: ") + error.what());
  }
  return {};
}

void AsioTransport::Impl::run() {
  pthread_setname_np(pthread_self(), "raft-net");
  io_.run();
}

void AsioTransport::Impl::stop() {
  std::lock_guard lock(lifecycle_);
  if (std::exchange(stopped_, true) || !thread_.joinable()) return;
  RAFT_CHECK(thread_.get_id() != std::this_thread::get_id());
  asio::post(io_, [this] { close_everything(); });
  thread_.join();
}

void AsioTransport::Impl::close_everything() {
  listener_.stop();
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, lanes] : peers_) {
      lanes.usual->stop();
      if (lanes.states) lanes.states->stop();
    }
  }
  // Cancelled operations need not report, and a name lookup must not be waited for.
  io_.stop();
}

void AsioTransport::Impl::send(NodeId to, std::vector<Message>&& messages) {
  std::lock_guard lock(mutex_);
  const auto found = peers_.find(to);
  if (found == peers_.end()) return count(context_.tally.of(to)->messages_dropped, messages.size());
  // Runs of one lane, in order; nearly always all of them.
  auto first = messages.begin();
  while (first != messages.end()) {
    Peer& lane = lane_for(found->second, *first);
    const auto end = std::find_if(first, messages.end(), [&](const Message& message) {
      return &lane_for(found->second, message) != &lane;
    });
    if (first == messages.begin() && end == messages.end()) return lane.send(std::move(messages));
    lane.send({std::make_move_iterator(first), std::make_move_iterator(end)});
    first = end;
  }
}

std::shared_ptr<Peer> AsioTransport::Impl::make_peer(const PeerAddress& address, Lane lane) {
  auto peer = std::make_shared<Peer>(io_, context_, address, lane, Random(random_.next()));
  asio::post(io_, [peer] { peer->start(); });
  return peer;
}

Peer& AsioTransport::Impl::lane_for(Lanes& lanes, const Message& message) {
  if (!std::holds_alternative<SnapshotChunk>(message)) return *lanes.usual;
  if (!lanes.states) lanes.states = make_peer(lanes.address, Lane::kStates);
  return *lanes.states;
}

Result<void> AsioTransport::Impl::set_peer(PeerAddress address) {
  const std::string where = "peer " + describe(address.id);
  if (address.id == NodeId(0)) return fail(ErrorCode::kInvalidArgument, where, "0 is nobody's id");
  if (address.id == context_.self) return fail(ErrorCode::kInvalidArgument, where, "it is this member");
  if (address.endpoints.empty()) return fail(ErrorCode::kInvalidArgument, where, "it has no endpoint");
  std::lock_guard lock(mutex_);
  Lanes& lanes = peers_[address.id];
  if (!lanes.usual) lanes.usual = make_peer(address, Lane::kUsual);
  for (const auto& peer : {lanes.usual, lanes.states}) {
    if (peer) asio::post(io_, [peer, address] { peer->move_to(address); });
  }
  lanes.address = std::move(address);
  return {};
}

void AsioTransport::Impl::remove_peer(NodeId id) {
  std::lock_guard lock(mutex_);
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  for (const auto& peer : {found->second.usual, found->second.states}) {
    if (peer) asio::post(io_, [peer] { peer->stop(); });
  }
  peers_.erase(found);
  // A connection that stands is never asked again who it is: only when it dials anew is it told that it was
  // removed.
  asio::post(io_, [this, id] { listener_.drop(id); });
}

void AsioTransport::Impl::heard_of(NodeId id) {
  Lanes lanes;
  {
    std::lock_guard lock(mutex_);
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    lanes = found->second;
  }
  lanes.usual->heard_of();
  if (lanes.states) lanes.states->heard_of();
}

AsioTransport::AsioTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AsioTransport::~AsioTransport() {
  impl_->stop();
}

Result<std::unique_ptr<AsioTransport>> AsioTransport::create(AsioTransportOptions options) try {
  RETURN_IF_ERROR(check(options));
  std::unique_ptr<PeerTls> tls;
  if (options.tls) {
    ASSIGN_OR_RETURN(tls, make_peer_tls(*options.tls));
  }
  auto impl = std::make_unique<Impl>(options, std::move(tls));
  RETURN_IF_ERROR(impl->open(options));
  impl->remember_ports();
  return std::make_unique<AsioTransport>(std::move(impl));
} catch (const std::system_error& error) {
  // Asio's context and OpenSSL's cannot report otherwise that the process is out of descriptors or memory.
  return fail(ErrorCode::kUnavailable, "transport", error.what());
}

Result<void> AsioTransport::start(ReceiveHandler receive) {
  return impl_->start(std::move(receive));
}
void AsioTransport::stop() {
  impl_->stop();
}
void AsioTransport::send(NodeId to, std::vector<Message> messages) {
  impl_->send(to, std::move(messages));
}
bool AsioTransport::connected(NodeId peer) const {
  return impl_->connected(peer);
}
Result<void> AsioTransport::set_peer(PeerAddress address) {
  return impl_->set_peer(std::move(address));
}
void AsioTransport::remove_peer(NodeId peer) {
  impl_->remove_peer(peer);
}
std::vector<std::uint16_t> AsioTransport::bound_ports() const {
  return impl_->bound_ports();
}
TransportCounters AsioTransport::counters() const {
  return impl_->counters();
}

}  // namespace raft
