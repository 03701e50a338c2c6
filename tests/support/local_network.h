// The transport's second implementation: members of one process, with links that can be cut.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "libraft/net/transport.h"

namespace raft::testing {

/// Delivers at once, on the sender's thread. Thread: any.
class LocalNetwork {
 public:
  /// `handler` receives what is sent to `self`; an empty one takes the member off the network.
  void attach(NodeId self, ReceiveHandler handler);
  /// The sending side of one member; the network must outlive it.
  std::unique_ptr<Transport> transport(NodeId self);
  /// Nothing passes between `one` and anybody, or does again.
  void isolate(NodeId one, bool isolated);

 private:
  class Link;
  void deliver(NodeId from, NodeId to, std::vector<Message> messages);
  bool connected(NodeId from, NodeId to) const;

  mutable std::mutex mutex_;  // guards everything below
  std::map<NodeId, ReceiveHandler> handlers_;
  std::set<NodeId> isolated_;
};

}  // namespace raft::testing
