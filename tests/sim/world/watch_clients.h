// Clients that watch: at any member, from now or from the past, slow or fast; when a member goes down, or
// when they like, they go on at another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tests/sim/world/node.h"

namespace sim {

/// Thread: one.
class WatchClients {
 public:
  /// `choose`: the member that a client connects to now; null when that one is down.
  WatchClients(const Surroundings& around, std::function<Node*(Dice&)> choose,
               std::function<Node*(raft::NodeId)> find);
  ~WatchClients();

  void start();
  /// From now on each looks only, and stays where it is.
  void calm_down() { calm_ = true; }
  void gone(raft::NodeId member);
  /// Whether every one was told everything up to `revision`.
  [[nodiscard]] bool reached(std::int64_t revision) const;

 private:
  class Client;

  void go_on(Client& client);
  void act(Client& client);

  const Surroundings around_;
  const std::function<Node*(Dice&)> choose_;
  const std::function<Node*(raft::NodeId)> find_;
  Dice dice_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t next_stream_ = 1;
  bool calm_ = false;
};

}  // namespace sim
