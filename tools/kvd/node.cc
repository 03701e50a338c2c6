#include "tools/kvd/node.h"

#include <leveldb/env.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "libkv/api/context.h"
#include "libkv/api/http_pages.h"
#include "libkv/api/metrics.h"
#include "libkv/gateway/gateway.h"
#include "libkv/server/replica_server.h"
#include "libkv/server/space.h"
#include "libraft/core/describe.h"
#include "libraft/disk/disk_env.h"
#include "libraft/net/asio_transport.h"
#include "tools/common/exit_codes.h"
#include "tools/common/identity.h"
#include "tools/kvd/peer_settings.h"
#include "tools/kvd/resync.h"
#include "tools/kvd/roster.h"
#include "tools/kvd/timed.h"

namespace tools::kvd {
namespace {

using std::chrono::milliseconds;

/// Ticks are a tenth of a heartbeat: fine enough that two candidates seldom wake together.
constexpr int kTicksPerHeartbeat = 10;

/// So long a new member waits for its name to be in the table of members before it serves all the same, as
/// etcd does (its wait-cluster-ready-timeout): without a majority people still want to ask it.
constexpr milliseconds kPublishWaitMax{5000};

/// Before the main thread goes on and tries again.
constexpr milliseconds kTokenWaitMax{2000};

/// As often as etcd measures the way to its peers.
constexpr milliseconds kSamplePause{4000};

/// The entry that founded the cluster: its initial members. In no log; whoever comes later gets a state.
constexpr raft::EntryId kFounding{raft::Index(1), raft::Term(1)};

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

raft::ReplicaOptions replica_options(const Config& config, const Roster& roster) {
  raft::ReplicaOptions options;
  options.self = roster.self;
  options.tick = std::max(milliseconds(1), config.heartbeat_interval / kTicksPerHeartbeat);
  const auto ticks = [&](milliseconds time) { return static_cast<std::uint32_t>(time / options.tick); };
  options.core.heartbeat_ticks = ticks(config.heartbeat_interval);
  options.core.election_ticks = ticks(config.election_timeout);
  options.core.election_jitter_ticks = std::max(1U, options.core.election_ticks / 2);
  options.core.pre_vote = config.pre_vote;
  options.core.lease_reads = config.lease_reads;
  options.core.election_priority = config.election_priority;
  options.held_ticks_max = ticks(milliseconds(5000));
  options.read_retry_ticks = ticks(milliseconds(500));
  options.seed = random_seed();
  options.compaction.entries = config.snapshot_count;
  options.compaction.keep_entries = config.snapshot_catchup_entries;
  options.snapshots.give_up_ticks = ticks(milliseconds(10000));
  return options;
}

raft::Result<raft::AsioTransportOptions> transport_options(const Config& config, const Roster& roster,
                                                           raft::LogSink log) {
  raft::AsioTransportOptions options;
  options.self = roster.self;
  options.cluster_id = roster.cluster;
  for (const Url& url : config.listen_peer_urls) options.listen.push_back({url.host, url.port});
  for (const kv::MemberInfo& member : roster.members) {
    if (member.id == roster.self) continue;
    ASSIGN_OR_RETURN(auto peer, address_of(member));
    options.peers.push_back(std::move(peer));
  }
  options.tls = peer_tls_of(config);
  options.random_seed = random_seed();
  options.log = std::move(log);
  return options;
}

/// Contract section 1.0, T5.
std::size_t message_bytes_max(const Config& config) {
  return config.max_request_bytes + (512U << 10U);
}

kv::rpc::ServerOptions rpc_options(const Config& config) {
  kv::rpc::ServerOptions options;
  options.io_threads = config.io_threads;
  options.receive_message_bytes_max = message_bytes_max(config);
  options.http_body_bytes_max = 2 * options.receive_message_bytes_max;  // base64 and the words around it
  options.concurrent_streams_max = config.max_concurrent_streams;
  options.keepalive_min_time = config.keepalive_min_time;
  options.keepalive_interval = config.keepalive_interval;
  options.keepalive_timeout = config.keepalive_timeout;
  return options;
}

class RunningNode final : public Node {
 public:
  RunningNode(const Config& config, raft::LogSink log) : config_(config), log_(std::move(log)) {}
  ~RunningNode() override { RunningNode::stop(milliseconds(0)); }

  raft::Result<void> start(std::function<void(const raft::Error&)> failed);
  [[nodiscard]] bool ready() const override { return serving_ && server_->has_leader() && published(); }
  [[nodiscard]] std::string status_line() const override { return line_of(server_->status()); }
  [[nodiscard]] bool alive() override { return server_->alive(); }
  [[nodiscard]] bool removed() const override {
    return removed_.load(std::memory_order_relaxed) || server_->removed();
  }
  [[nodiscard]] bool must_restart() override;
  void tick() override;
  void stop(milliseconds limit) override;

 private:
  raft::Result<void> open_state(const Roster& roster);
  raft::Result<void> serve(const std::vector<Url>& urls, kv::api::Pages pages);
  Stopwatch stopwatch(kv::api::Timed what) const {
    return [metrics = metrics_.get(), what](std::chrono::nanoseconds took) { metrics->observe(what, took); };
  }
  void publish();
  [[nodiscard]] bool published() const;
  void serve_clients();
  std::optional<std::string> own_token();
  void diverged(const kv::Divergence& found);
  void connect(const std::vector<kv::MemberInfo>& members);
  void sample_round_trips();
  static std::string line_of(const kv::ServerStatus& status);
  std::vector<kv::api::PeerMetrics> peer_metrics() const;

  const Config config_;
  const raft::LogSink log_;
  const std::unique_ptr<kv::api::Metrics> metrics_ = kv::api::Metrics::create();
  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<raft::LogStore> wal_;
  std::unique_ptr<kv::Machine> machine_;
  std::unique_ptr<raft::AsioTransport> transport_;
  std::unique_ptr<kv::ReplicaServer> server_;
  std::optional<kv::api::Context> context_;
  std::vector<std::unique_ptr<kv::rpc::Server>> fronts_;  // the clients' first
  bool serving_ = false;
  std::chrono::steady_clock::time_point serve_by_;
  std::atomic<bool> to_publish_ = true;  // of the main thread and of whoever answers a write
  std::chrono::steady_clock::time_point next_sample_;
  std::atomic<bool> removed_ = false;  // a peer said so
  std::mutex divergence_mutex_;        // guards divergence_
  std::optional<kv::Divergence> divergence_;
  raft::NodeId self_;
  std::set<raft::NodeId> connected_;  // of connect()
};

raft::Result<void> RunningNode::open_state(const Roster& roster) {
  RETURN_IF_ERROR(claim_directory(config_.data_dir, {roster.cluster, roster.self.value()}));
  env_ = raft::make_disk_env({});
  ASSIGN_OR_RETURN(auto wal,
                   raft::open_log_store({.env = env_.get(),
                                         .path = config_.wal_dir,
                                         .first_base = roster.founding ? kFounding : raft::EntryId()}));
  ASSIGN_OR_RETURN(const bool resynced, resync_if_ordered(config_, roster.cluster, *env_, *wal, log_));
  if (resynced) {
    wal.reset();
    ASSIGN_OR_RETURN(wal, raft::open_log_store({.env = env_.get(), .path = config_.wal_dir}));
  }
  wal_ = timed(std::move(wal), stopwatch(kv::api::Timed::kLogSync));
  ASSIGN_OR_RETURN(
      auto machine,
      kv::Machine::open({.env = env_.get(),
                         .path = config_.data_dir + "/snap",
                         .members = roster.founding ? roster.members : std::vector<kv::MemberInfo>(),
                         .cluster_id = roster.cluster,
                         .log_base = wal_->opened().base.index,
                         .first = roster.founding ? kFounding : raft::EntryId()}));
  machine_ = timed(std::move(machine), stopwatch(kv::api::Timed::kApply));
  return {};
}

raft::Result<void> RunningNode::start(std::function<void(const raft::Error&)> failed) {
  ASSIGN_OR_RETURN(const Roster roster, find_roster(config_));
  self_ = roster.self;
  for (const kv::MemberInfo& member : roster.members) {
    if (member.id != self_) connected_.insert(member.id);
  }
  ASSIGN_OR_RETURN(auto peers, transport_options(config_, roster, log_));
  // Addresses first: a port that is taken must not touch the data of whoever took it.
  peers.roster = [this, cluster = roster.cluster] {
    return machine_ ? encode_roster(cluster, machine_->members()) : std::string();
  };
  peers.removed = [this](raft::NodeId id) { return machine_->was_removed(id); };
  peers.told_removed = [this](const std::string&) { removed_.store(true, std::memory_order_relaxed); };
  ASSIGN_OR_RETURN(transport_, raft::AsioTransport::create(std::move(peers)));
  RETURN_IF_ERROR(open_state(roster));
  if (config_.joins && machine_->members().empty() && roster.members.empty()) {
    // Stopped before it was sent a state: it still needs someone to answer to.
    ASSIGN_OR_RETURN(const Roster others, ask_others(config_));
    connect(others.members);
  }
  kv::ReplicaServerOptions options;
  options.cluster_id = roster.cluster;
  options.replica = replica_options(config_, roster);
  options.request_timeout = milliseconds(5000) + 2 * config_.election_timeout;
  options.request_bytes_max = config_.max_request_bytes;
  options.strict_reconfig_check = config_.strict_reconfig_check;
  options.quota_bytes = kv::quota_of(config_.quota_bytes);
  options.auto_compaction = config_.auto_compaction;
  options.watch_progress_interval = config_.watch_progress_interval;
  options.auth.tokens.ttl = config_.auth_token_ttl;
  options.auth.bcrypt_cost = config_.bcrypt_cost;
  options.first_sequence =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  ASSIGN_OR_RETURN(server_,
                   kv::ReplicaServer::start(options, {wal_.get(), machine_.get(), transport_.get()}, log_,
                                            {.failed = std::move(failed),
                                             .diverged = [this](const auto& found) { diverged(found); },
                                             .peers_changed = [this](const auto& all) { connect(all); }}));
  RETURN_IF_ERROR(transport_->start([this](raft::NodeId from, std::vector<raft::Message> messages) {
    server_->receive(from, std::move(messages));
  }));
  context_.emplace(kv::api::Context{.server = *server_,
                                    .options = {.txn_ops_max = config_.max_txn_ops,
                                                .quota_bytes = config_.quota_bytes,
                                                .learners_max = config_.max_learners,
                                                .watch_fragment_bytes = message_bytes_max(config_),
                                                .certificate_names = config_.certificate_names},
                                    .metrics = metrics_.get()});
  RETURN_IF_ERROR(serve(config_.listen_client_urls, kv::api::Pages::kClient));
  if (!config_.listen_metrics_urls.empty())
    RETURN_IF_ERROR(serve(config_.listen_metrics_urls, kv::api::Pages::kMetrics));
  serve_by_ = std::chrono::steady_clock::now() + kPublishWaitMax;
  for (auto front = fronts_.begin() + 1; front != fronts_.end(); ++front) (*front)->start();
  if (published()) serve_clients();
  return {};
}

/// Their connections may have come before: they wait in the listening sockets.
void RunningNode::serve_clients() {
  serving_ = true;
  fronts_.front()->start();
  const kv::Origin origin = server_->origin();
  log_(raft::LogLevel::kInfo,
       "event=serving name=" + config_.name + " member=" + raft::describe(origin.member) +
           " cluster=" + raft::describe(raft::NodeId(origin.cluster_id)) +
           " clients=" + config_.listen_client_urls.front().text() + " data=" + config_.data_dir);
}

raft::Result<void> RunningNode::serve(const std::vector<Url>& urls, kv::api::Pages pages) {
  kv::rpc::ServerOptions options = rpc_options(config_);
  if (pages == kv::api::Pages::kMetrics) options.io_threads = 1;
  auto front = kv::rpc::Server::create(options, metrics_->observer(), log_);
  if (pages == kv::api::Pages::kClient) {
    kv::api::register_kv(*front, *context_);
    kv::api::register_lease(*front, *context_);
    kv::api::register_sessions(*front, *context_);
    kv::api::register_watch(*front, *context_);
    kv::api::register_auth(*front, *context_);
    kv::api::register_lock(*front, *context_);
    kv::api::register_election(*front, *context_);
    kv::api::register_cluster(*front, *context_);
    kv::api::register_maintenance(*front, *context_);
    kv::api::register_health(*front);
  }
  auto http = kv::api::http_pages(*context_, *metrics_, [this] { return peer_metrics(); }, pages);
  if (pages == kv::api::Pages::kClient && config_.enable_grpc_gateway) {
    http = kv::gateway::with_gateway(*front, {options.receive_message_bytes_max}, std::move(http));
  }
  front->set_http(std::move(http));
  for (const Url& url : urls) {
    std::optional<kv::rpc::TlsOptions> tls;
    if (url.scheme == "https") {
      tls = kv::rpc::TlsOptions{.cert_file = config_.cert_file,
                                .key_file = config_.key_file,
                                .trusted_ca_file = config_.trusted_ca_file,
                                .client_cert_auth = config_.client_cert_auth};
    }
    RETURN_IF_ERROR(front->listen(url.host, url.port, std::move(tls)));
  }
  fronts_.push_back(std::move(front));
  return {};
}

/// Knows the other members by their addresses of now, and no one else.
void RunningNode::connect(const std::vector<kv::MemberInfo>& members) {
  std::set<raft::NodeId> here;
  for (const kv::MemberInfo& member : members) {
    if (member.id == self_) continue;
    here.insert(member.id);
    const auto address = address_of(member);
    const auto known = address ? transport_->set_peer(*address) : raft::fail(address.error());
    if (!known) {
      log_(raft::LogLevel::kWarning, "event=peer-address-refused peer=" + raft::describe(member.id) +
                                         " error=\"" + known.error().text() + "\"");
    }
  }
  for (raft::NodeId gone : connected_) {
    if (!here.contains(gone)) transport_->remove_peer(gone);
  }
  connected_ = std::move(here);
}

void RunningNode::diverged(const kv::Divergence& found) {
  const std::lock_guard lock(divergence_mutex_);
  divergence_ = found;
}

/// The state is set aside by the next start, when nothing has it open; the leader's is asked for first.
bool RunningNode::must_restart() {
  std::optional<kv::Divergence> found;
  {
    const std::lock_guard lock(divergence_mutex_);
    found = divergence_;
  }
  if (!found) return false;
  const auto token = server_->auth_enabled() ? own_token() : std::string();
  if (!token) return false;  // the next look tries again
  {
    const std::lock_guard lock(divergence_mutex_);
    divergence_.reset();
  }
  const kv::ServerStatus status = server_->status();
  std::vector<std::string> from;
  for (const kv::MemberInfo& member : server_->members()) {
    if (std::ranges::count(found->majority, member.id) == 0) continue;
    from.insert(member.id == status.leader ? from.begin() : from.end(), member.client_urls.begin(),
                member.client_urls.end());
  }
  const auto ordered = order_resync(config_.data_dir, status.applied, from, *token);
  if (!ordered) {
    log_(raft::LogLevel::kError, "event=state-not-replaced error=\"" + ordered.error().text() +
                                     "\" action=\"this member goes on serving nothing\"");
  }
  return ordered.has_value();
}

/// Nothing when the cluster has not made it in time, empty when it never will.
std::optional<std::string> RunningNode::own_token() {
  // Shared with the answer, which may come late.
  const auto told = std::make_shared<std::promise<std::optional<std::string>>>();
  auto token = told->get_future();
  server_->make_own_token([told](const std::expected<std::string, kv::AuthRefusal>& made) {
    if (made) return told->set_value(*made);
    // Refused by the users' table, as a root that has no password: a certificate may do, or nothing will.
    const bool refused = std::holds_alternative<kv::KvError>(made.error());
    told->set_value(refused ? std::optional<std::string>("") : std::nullopt);
  });
  if (token.wait_for(kTokenWaitMax) != std::future_status::ready) return std::nullopt;
  return token.get();
}

/// Tells the cluster this member's name and client addresses; when that fails, the next tick tries again.
void RunningNode::publish() {
  kv::PublishMemberOp op{server_->status().member, config_.name, texts(config_.advertise_client_urls)};
  server_->write(std::move(op), [this](const std::expected<kv::Outcome, kv::RequestFailure>& outcome) {
    if (!outcome) to_publish_.store(true, std::memory_order_relaxed);
  });
}

/// Whether the cluster knows this member's name and client addresses, as of what is applied here.
bool RunningNode::published() const {
  for (const kv::MemberInfo& member : server_->members()) {
    if (member.id != self_) continue;
    return member.name == config_.name && member.client_urls == texts(config_.advertise_client_urls);
  }
  return false;
}

std::string RunningNode::line_of(const kv::ServerStatus& status) {
  const std::string leader = !status.leader ? "no leader"
                             : *status.leader == status.member
                                 ? "leader"
                                 : "follower of " + raft::describe(*status.leader);
  return leader + ", term " + std::to_string(status.term.value()) + ", applied " +
         std::to_string(status.applied.value());
}

std::vector<kv::api::PeerMetrics> RunningNode::peer_metrics() const {
  std::vector<kv::api::PeerMetrics> all;
  for (const raft::PeerCounters& peer : transport_->counters().peers) {
    all.push_back({.peer = raft::describe(peer.peer),
                   .bytes_sent = peer.bytes_sent,
                   .send_failures = peer.messages_dropped,
                   .bytes_received = peer.bytes_received});
  }
  return all;
}

void RunningNode::tick() {
  if (server_->has_leader() && to_publish_.exchange(false, std::memory_order_relaxed)) publish();
  const auto now = std::chrono::steady_clock::now();
  if (!serving_ && (published() || now >= serve_by_)) serve_clients();
  if (now < next_sample_) return;
  next_sample_ = now + kSamplePause;
  sample_round_trips();
}

void RunningNode::sample_round_trips() {
  for (const raft::PeerCounters& peer : transport_->counters().peers) {
    if (!peer.connected || peer.round_trip_us == 0) continue;
    metrics_->observe_round_trip(raft::describe(peer.peer), std::chrono::microseconds(peer.round_trip_us));
  }
}

void RunningNode::stop(milliseconds limit) {
  // Leadership goes while the peers can still be told; then the clients are sent on.
  if (server_ && limit.count() > 0) server_->hand_over(limit / 2);
  for (auto& front : fronts_) front->drain(limit / 2);
  if (server_) server_->stop();
  if (transport_) transport_->stop();
  fronts_.clear();
  server_.reset();
}

}  // namespace

raft::Result<std::unique_ptr<Node>> Node::start(const Config& config, raft::LogSink log,
                                                std::function<void(const raft::Error&)> failed) {
  auto node = std::make_unique<RunningNode>(config, std::move(log));
  RETURN_IF_ERROR(node->start(std::move(failed)));
  return node;
}

int exit_code(const raft::Error& error) {
  switch (error.code) {
    case raft::ErrorCode::kInvalidArgument:
    case raft::ErrorCode::kMismatch:
    case raft::ErrorCode::kLimit:
      return kExitConfig;
    case raft::ErrorCode::kCorruption:
      return kExitData;
    case raft::ErrorCode::kNotFound:
      return kExitNoInput;
    case raft::ErrorCode::kAlreadyExists:
      return kExitCantCreate;
    case raft::ErrorCode::kIo:
    case raft::ErrorCode::kNoSpace:
      return kExitIo;
    case raft::ErrorCode::kUnavailable:
      return kExitUnavailable;
    case raft::ErrorCode::kTimeout:
    case raft::ErrorCode::kCancelled:
      return kExitTemporary;
  }
  return kExitSoftware;
}

}  // namespace tools::kvd
