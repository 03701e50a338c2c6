// What the transport counts, for metrics. Written on the I/O thread and by senders, read from anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "libraft/core/types.h"

namespace raft {

/// One peer at one moment. All but `connected` and `round_trip_us` only grow.
struct PeerCounters {
  NodeId peer;
  bool connected = false;            ///< our connection to it stands
  std::uint64_t bytes_sent = 0;      ///< frames, headers included, handed to the socket
  std::uint64_t bytes_received = 0;  ///< whatever came from it after its hello
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t messages_dropped = 0;  ///< send failures: no connection, a full queue, or too large
  std::uint64_t connects = 0;          ///< connections we made; all but the first are reconnects
  std::uint64_t connect_failures = 0;  ///< attempts that came to nothing, refusals included
  std::uint64_t refusals = 0;          ///< handshakes refused by it or by us, whoever dialled
  std::uint64_t round_trip_us = 0;     ///< the kernel's smoothed estimate; 0 while unknown
};

/// The whole transport at one moment.
struct TransportCounters {
  std::vector<PeerCounters> peers;       ///< ascending by id
  std::uint64_t accepted = 0;            ///< connections accepted
  std::uint64_t rejected = 0;            ///< closed at once: over connections_max
  std::uint64_t handshakes_refused = 0;  ///< answered with a refusal
  std::uint64_t protocol_errors = 0;     ///< closed for what they sent: bad frames, bad messages, silence
};

/// The live form of PeerCounters.
struct PeerTally {
  std::atomic<bool> connected = false;
  std::atomic<std::uint64_t> bytes_sent = 0;
  std::atomic<std::uint64_t> bytes_received = 0;
  std::atomic<std::uint64_t> messages_sent = 0;
  std::atomic<std::uint64_t> messages_received = 0;
  std::atomic<std::uint64_t> messages_dropped = 0;
  std::atomic<std::uint64_t> connects = 0;
  std::atomic<std::uint64_t> connect_failures = 0;
  std::atomic<std::uint64_t> refusals = 0;
  std::atomic<std::uint64_t> round_trip_us = 0;
};

/// The live form of TransportCounters.
class Tally {
 public:
  /// The tally of `peer`, made when first asked for. Strangers can claim any id: beyond a limit of members
  /// they share one.
  std::shared_ptr<PeerTally> of(NodeId peer);
  [[nodiscard]] TransportCounters read() const;

  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> rejected = 0;
  std::atomic<std::uint64_t> handshakes_refused = 0;
  std::atomic<std::uint64_t> protocol_errors = 0;

 private:
  mutable std::mutex mutex_;  // guards peers_
  // Shared with the connections that count, which may outlive a peer's place in the configuration.
  std::map<NodeId, std::shared_ptr<PeerTally>> peers_;
  const std::shared_ptr<PeerTally> others_ = std::make_shared<PeerTally>();
};

/// Adds without ordering anything: counters say how much, not when.
inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t more = 1) {
  counter.fetch_add(more, std::memory_order_relaxed);
}

}  // namespace raft
