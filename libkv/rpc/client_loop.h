// The client's I/O thread and the connections on it.
#pragma once

#include <memory>
#include <vector>

#include "libkv/rpc/client.h"
#include "libkv/rpc/loop.h"

namespace kv::rpc {

class ClientConnection;

/// Thread: loop() any, the rest the loop's.
class ClientLoopImpl final : public ClientLoop {
 public:
  ClientLoopImpl();
  ~ClientLoopImpl() override;

  [[nodiscard]] Loop& loop() { return loop_; }
  void add(std::shared_ptr<ClientConnection> connection);
  /// The connection is lost.
  void remove(ClientConnection& connection);

 private:
  Loop loop_;
  std::vector<std::shared_ptr<ClientConnection>> connections_;  // shared with channels and calls
};

}  // namespace kv::rpc
