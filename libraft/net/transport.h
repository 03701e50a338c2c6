// The seam between a replica and its peers: messages out, messages in. May lose, delay, duplicate and
// reorder.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "libraft/core/message.h"

namespace raft {

/// Thread: any; send never blocks, and what one thread sends keeps its order.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Queues `messages` for `to`, in order. What does not fit the peer's bounded queue, or has no connection,
  /// is dropped: the core repairs losses.
  virtual void send(NodeId to, std::vector<Message> messages) = 0;

  /// True while a connection to `peer` is established.
  [[nodiscard]] virtual bool connected(NodeId peer) const = 0;
};

/// What arrived in one read from one peer, in order. Thread: called on the transport's I/O thread; must not
/// block.
using ReceiveHandler = std::function<void(NodeId from, std::vector<Message> messages)>;

}  // namespace raft
