// Clients that hold leases: grant, hang keys on them, keep them alive, and one day forget them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/sim/world/node.h"

namespace sim {

/// Thread: one.
class LeaseClients {
 public:
  /// `choose`: the member that a client connects to now; null when that one is down.
  LeaseClients(const Surroundings& around, std::function<Node*(Dice&)> choose);

  void start();
  void stop() { stopped_ = true; }

  // What members tell.
  void answered(const kv::Applied& applied);
  void renewed(std::uint64_t ticket, std::int64_t ttl);

 private:
  struct Holder {
    std::int64_t lease = 0;  ///< 0: none
    std::int64_t ttl = 0;
    std::uint32_t renewals_left = 0;
  };
  struct Waiting {
    std::size_t holder = 0;
    std::int64_t lease = 0;
    Micros asked = 0;
  };

  void go_on(std::size_t holder);
  void act(std::size_t holder);
  void grant(Node& node, std::size_t holder);
  void keep_alive(Node& node, std::size_t holder);
  void propose(Node& node, std::size_t holder, const kv::Operation& operation);
  std::uint64_t expect(std::size_t holder, std::int64_t lease);

  const Surroundings around_;
  const std::function<Node*(Dice&)> choose_;
  Dice dice_;
  std::vector<Holder> holders_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_;
  std::int64_t next_lease_ = 1;
  bool stopped_ = false;
};

}  // namespace sim
