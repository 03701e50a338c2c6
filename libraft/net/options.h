// What a transport is told: who it is, where it listens, where its peers are, and its limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libraft/base/log_sink.h"
#include "libraft/core/types.h"

namespace raft {

/// A place on the network. `host`: a name, an IPv4 or an IPv6 address without brackets.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

/// "host:port", with brackets around an IPv6 address.
[[nodiscard]] std::string describe(const Endpoint& endpoint);

/// Where a member listens for its peers. Several endpoints are tried in turn. Names are looked up again for
/// every attempt.
struct PeerAddress {
  NodeId id;
  std::vector<Endpoint> endpoints;

  bool operator==(const PeerAddress&) const = default;
};

/// Certificates for both directions: a member shows the same one as client and as server.
struct PeerTlsOptions {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;    ///< who may sign the peers' certificates; empty: the system's authorities
  bool client_cert_auth = false;  ///< refuse peers that dial without a certificate signed by trusted_ca_file
};

struct TransportLimits {
  /// Encoded bytes that wait for one peer or are being written to it. A single larger message still goes,
  /// alone.
  std::size_t queue_bytes_max = 32U << 20U;
  /// Messages that wait for one peer or are being written to it.
  std::size_t queue_messages_max = 16384;
  /// Connections accepted at one time, handshakes included.
  std::size_t connections_max = 256;
  /// From the dial, with the name's lookup, to the other side's hello.
  std::chrono::milliseconds connect_timeout{5000};
  /// From accept to a dialler's hello.
  std::chrono::milliseconds handshake_timeout{5000};
  /// A frame that stops coming, or bytes that stop going, for this long end the connection. At least this,
  /// less than twice.
  std::chrono::milliseconds stall_timeout{10000};
  /// Sent bytes that the other machine leaves unacknowledged for this long end the connection
  /// (TCP_USER_TIMEOUT), and so does silence under TCP keepalive.
  std::chrono::milliseconds unacknowledged_max{5000};
  /// The first pause between attempts to connect; each failure doubles it, with jitter of half.
  std::chrono::milliseconds reconnect_pause_min{20};
  std::chrono::milliseconds reconnect_pause_max{1000};

  /// Every fault, in words; empty when all is well.
  [[nodiscard]] std::vector<std::string> faults() const;
};

struct AsioTransportOptions {
  NodeId self;
  std::uint64_t cluster_id = 0;
  std::vector<Endpoint> listen;    ///< port 0 takes a free one: AsioTransport::bound_ports
  std::vector<PeerAddress> peers;  ///< more may come and go later
  TransportLimits limits;
  std::optional<PeerTlsOptions> tls;
  std::uint64_t random_seed = 0;  ///< for the jitter of reconnects
  /// Who is in the cluster, for whoever asks before it is a member (ask_roster); at most kRosterBytesMax.
  /// Null: no answer. Thread: the I/O thread.
  std::function<std::string()> roster;
  /// Whether that member was removed from the cluster for ever: it is told so and goes. Null: nobody was.
  /// Thread: the I/O thread.
  std::function<bool(NodeId)> removed;
  /// A peer refuses this member because it was removed. Thread: the I/O thread; must not block.
  std::function<void(const std::string& reason)> told_removed;
  LogSink log;  ///< called on the I/O thread; null: silence
};

}  // namespace raft
