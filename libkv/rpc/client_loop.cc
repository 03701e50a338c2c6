#include "libkv/rpc/client_loop.h"

#include <algorithm>
#include <utility>

#include "libkv/rpc/client_connection.h"

namespace kv::rpc {

std::unique_ptr<ClientLoop> ClientLoop::create() {
  return std::make_unique<ClientLoopImpl>();
}

ClientLoopImpl::ClientLoopImpl() : loop_("kv-rpc-client") {
  loop_.start();
}

ClientLoopImpl::~ClientLoopImpl() {
  loop_.stop([this] {
    for (const auto& connection : std::vector(connections_)) {
      connection->lose({Code::kCancelled, "the client loop has ended"});
    }
  });
}

void ClientLoopImpl::add(std::shared_ptr<ClientConnection> connection) {
  connections_.push_back(std::move(connection));
}

void ClientLoopImpl::remove(ClientConnection& connection) {
  const auto found =
      std::ranges::find_if(connections_, [&](const auto& held) { return held.get() == &connection; });
  if (found == connections_.end()) return;
  loop_.retire(*found);
  connections_.erase(found);
}

}  // namespace kv::rpc
