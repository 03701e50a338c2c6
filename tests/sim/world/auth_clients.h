// Administrators that change users, roles and permissions, and users that write while they do. What each is
// told is held against the model (check/auth_model.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/world/node.h"

namespace sim {

/// Thread: one.
class AuthClients {
 public:
  /// `choose`: the member that a client connects to now; null when that one is down.
  AuthClients(const Surroundings& around, std::function<Node*(Dice&)> choose);

  void start();
  void stop() { stopped_ = true; }
  /// What members tell.
  void answered(const kv::Applied& applied);

  // What they do, for scenarios as well; nobody waits for it.

  /// The user root and authentication on.
  void found(Node& node);
  void propose(Node& node, const kv::Operation& operation, const std::optional<kv::Principal>& principal);

 private:
  void go_on(std::uint32_t client);
  void act(std::uint32_t client);
  void administer(Node& node);
  void write(Node& node);
  std::string draw_user() { return "u" + std::to_string(dice_.below(3)); }
  std::string draw_role() { return "r" + std::to_string(dice_.below(3)); }
  std::string draw_key() { return "auth/" + std::to_string(dice_.below(6)); }
  std::string draw_range_end();
  kv::Permission draw_permission();
  kv::Operation draw_change();
  kv::Operation draw_write();
  kv::Op draw_step(std::uint32_t depth);
  kv::TxnOp draw_txn(std::uint32_t depth);

  const Surroundings around_;
  const std::function<Node*(Dice&)> choose_;
  Dice dice_;
  std::uint64_t next_;
  std::set<std::uint64_t> by_users_;  // writes under way
  bool stopped_ = false;
};

}  // namespace sim
