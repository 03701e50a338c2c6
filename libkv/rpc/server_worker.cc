#include "libkv/rpc/server_worker.h"

#include <utility>

#include "libkv/rpc/server_connection.h"

namespace kv::rpc {

ServerWorker::ServerWorker(const ServerShared& shared, std::string name, std::function<void()> progress)
    : shared_(shared), progress_(std::move(progress)), loop_(std::move(name)) {}

ServerWorker::~ServerWorker() {
  loop_.stop([this] { close_all(); });
}

void ServerWorker::add(std::shared_ptr<Wire> wire, std::string peer) {
  if (closed_) return;
  change(open_connections_, 1);
  auto connection = std::make_shared<ServerConnection>(*this, std::move(wire), std::move(peer));
  connections_.insert(connection);
  connection->start();
  if (draining_) connection->drain();
}

void ServerWorker::remove(ServerConnection& connection) {
  const auto found =
      connections_.find(std::static_pointer_cast<ServerConnection>(connection.shared_from_this()));
  if (found == connections_.end()) return;
  loop_.retire(*found);
  connections_.erase(found);
}

void ServerWorker::connection_ends() {
  change(open_connections_, -1);
  if (draining_) progress_();
}

void ServerWorker::unary_ends() {
  change(open_unary_, -1);
  if (draining_) progress_();
}

void ServerWorker::count_bytes(std::size_t received, std::size_t sent) {
  if (shared_.observer.bytes) shared_.observer.bytes(received, sent);
}

std::vector<std::shared_ptr<ServerConnection>> ServerWorker::snapshot() const {
  return {connections_.begin(), connections_.end()};
}

void ServerWorker::drain() {
  draining_ = true;
  for (const auto& connection : snapshot()) connection->drain();
  progress_();
}

void ServerWorker::end() {
  for (const auto& connection : snapshot()) connection->end();
}

void ServerWorker::close_all() {
  closed_ = true;
  for (const auto& connection : snapshot()) connection->close("server stopped");
}

}  // namespace kv::rpc
