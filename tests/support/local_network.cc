#include "tests/support/local_network.h"

namespace raft::testing {

class LocalNetwork::Link final : public Transport {
 public:
  Link(LocalNetwork& network, NodeId self) : network_(network), self_(self) {}
  void send(NodeId to, std::vector<Message> messages) override {
    network_.deliver(self_, to, std::move(messages));
  }
  [[nodiscard]] bool connected(NodeId peer) const override { return network_.connected(self_, peer); }

 private:
  LocalNetwork& network_;
  const NodeId self_;
};

void LocalNetwork::attach(NodeId self, ReceiveHandler handler) {
  std::lock_guard lock(mutex_);
  handlers_[self] = std::move(handler);
}

std::unique_ptr<Transport> LocalNetwork::transport(NodeId self) {
  return std::make_unique<Link>(*this, self);
}

void LocalNetwork::isolate(NodeId one, bool isolated) {
  std::lock_guard lock(mutex_);
  if (isolated) {
    isolated_.insert(one);
  } else {
    isolated_.erase(one);
  }
}

void LocalNetwork::deliver(NodeId from, NodeId to, std::vector<Message> messages) {
  // The lock is held over the call, so that after attach(self, {}) nothing more arrives; handlers only queue.
  std::lock_guard lock(mutex_);
  if (isolated_.contains(from) || isolated_.contains(to)) return;
  const auto handler = handlers_.find(to);
  if (handler != handlers_.end() && handler->second) handler->second(from, std::move(messages));
}

bool LocalNetwork::connected(NodeId from, NodeId to) const {
  std::lock_guard lock(mutex_);
  const auto handler = handlers_.find(to);
  return handler != handlers_.end() && handler->second && !isolated_.contains(from) &&
         !isolated_.contains(to);
}

}  // namespace raft::testing
