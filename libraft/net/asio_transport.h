// The transport of production: TCP or TLS between members, on one I/O thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/net/counters.h"
#include "libraft/net/options.h"
#include "libraft/net/transport.h"

namespace raft {

/// One connection each way between two members: each dials the other and sends on what it dialled; states
/// (SnapshotChunk) go on another one, so that nothing waits behind them. Messages
/// of one connection arrive in the order sent; a broken connection loses what was on its way, and nothing is
/// sent twice.
///
/// Use: create, tell the peers (now or later), start, stop. Thread: every method from any but the I/O thread,
/// send and connected from that one too.
class AsioTransport final : public Transport {
 public:
  /// Binds the listening sockets; nothing is accepted or dialled yet. Errors: kInvalidArgument (options,
  /// certificates, unknown host), kUnavailable (an address that is in use, by name).
  static Result<std::unique_ptr<AsioTransport>> create(AsioTransportOptions options);
  class Impl;
  explicit AsioTransport(std::unique_ptr<Impl> impl);  ///< for create
  ~AsioTransport() override;                           ///< stops; waits for a name lookup in progress

  /// Starts the I/O thread, which calls `receive`. Once. Errors: kUnavailable (stopped before, no thread to
  /// be had).
  Result<void> start(ReceiveHandler receive);
  /// Closes everything and ends the thread: `receive` and the log are not called any more. Idempotent.
  void stop();

  /// Queues for the I/O thread, which encodes. Costs the caller a look at each payload's size, two short
  /// locks, and a wakeup only when nothing was queued before.
  void send(NodeId to, std::vector<Message> messages) override;
  [[nodiscard]] bool connected(NodeId peer) const override;

  /// Adds a peer or moves one. Errors: kInvalidArgument (this member itself, id 0, no endpoint).
  Result<void> set_peer(PeerAddress address);
  /// Closes the connections both ways. It may dial again: what it sends then is delivered, as the core
  /// decides who counts, unless options.removed says that it is gone for ever, of which it is told.
  void remove_peer(NodeId peer);

  /// The ports bound, in the order of options.listen.
  [[nodiscard]] std::vector<std::uint16_t> bound_ports() const;
  [[nodiscard]] TransportCounters counters() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
