// The settings, understood: typed, checked against each other, ready to start from.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libkv/server/auto_compaction.h"
#include "libraft/base/log_sink.h"
#include "tools/common/join_token.h"
#include "tools/common/url.h"
#include "tools/kvd/settings.h"

namespace tools::kvd {

struct Config {
  std::string name;
  std::string data_dir;
  std::string wal_dir;
  std::vector<Url> listen_client_urls;
  std::vector<Url> listen_peer_urls;
  std::vector<Url> listen_metrics_urls;
  std::vector<Url> advertise_client_urls;
  std::vector<Url> initial_advertise_peer_urls;
  /// Name to peer URLs, this member included.
  std::map<std::string, std::vector<std::string>> initial_cluster;
  std::string initial_cluster_token;
  /// --initial-cluster-state=existing: this member was added to a cluster that runs.
  bool joins = false;
  /// --token: which member of which cluster this one is, and who knows the others.
  std::optional<JoinToken> join_token;
  std::vector<std::string> join_peers;
  bool strict_reconfig_check = true;
  std::uint32_t max_learners = 1;
  std::uint64_t snapshot_count = 0;
  std::uint64_t snapshot_catchup_entries = 0;
  std::chrono::milliseconds heartbeat_interval{100};
  std::chrono::milliseconds election_timeout{1000};
  bool pre_vote = true;
  bool lease_reads = false;
  std::uint8_t election_priority = 0;
  /// Peer URLs are https: the members speak TLS to each other.
  bool peer_tls = false;
  std::size_t max_request_bytes = 0;
  std::size_t max_txn_ops = 0;
  std::uint32_t max_concurrent_streams = 0;
  std::chrono::milliseconds keepalive_min_time{0};
  std::chrono::milliseconds keepalive_interval{0};
  std::chrono::milliseconds keepalive_timeout{0};
  /// As clients are told: negative for no limit.
  std::int64_t quota_bytes = 0;
  kv::AutoCompactionOptions auto_compaction;
  std::chrono::milliseconds watch_progress_interval{0};
  bool enable_grpc_gateway = true;
  int io_threads = 0;
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;
  bool client_cert_auth = false;
  /// --client-cert-auth itself: the name in a client's certificate is a user's.
  bool certificate_names = false;
  std::chrono::seconds auth_token_ttl{0};
  int bcrypt_cost = 0;
  std::string peer_cert_file;
  std::string peer_key_file;
  std::string peer_trusted_ca_file;
  bool peer_client_cert_auth = false;
  raft::LogLevel log_level = raft::LogLevel::kInfo;
  bool log_json = false;
};

/// The configuration, or every fault in it, each naming the option, its value, and what it may be.
struct Checked {
  Config config;
  std::vector<std::string> faults;
  /// What was set and has no effect; said once in the log.
  std::vector<std::string> warnings;
};

Checked check(const Settings& settings);

/// --help.
std::string help_text();

}  // namespace tools::kvd
