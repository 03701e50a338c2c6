#include "libraft/net/counters.h"

namespace raft {
namespace {

constexpr std::size_t kPeersMax = 256;

PeerCounters read_one(NodeId peer, const PeerTally& tally) {
  return {.peer = peer,
          .connected = tally.connected,
          .bytes_sent = tally.bytes_sent,
          .bytes_received = tally.bytes_received,
          .messages_sent = tally.messages_sent,
          .messages_received = tally.messages_received,
          .messages_dropped = tally.messages_dropped,
          .connects = tally.connects,
          .connect_failures = tally.connect_failures,
          .refusals = tally.refusals,
          .round_trip_us = tally.round_trip_us};
}

}  // namespace

std::shared_ptr<PeerTally> Tally::of(NodeId peer) {
  std::lock_guard lock(mutex_);
  if (const auto found = peers_.find(peer); found != peers_.end()) return found->second;
  if (peers_.size() >= kPeersMax) return others_;
  return peers_[peer] = std::make_shared<PeerTally>();
}

TransportCounters Tally::read() const {
  TransportCounters counters;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, tally] : peers_) counters.peers.push_back(read_one(id, *tally));
  }
  counters.accepted = accepted;
  counters.rejected = rejected;
  counters.handshakes_refused = handshakes_refused;
  counters.protocol_errors = protocol_errors;
  return counters;
}

}  // namespace raft
