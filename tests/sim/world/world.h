// One simulated cluster with its network, its clients and its checks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/world/auth_clients.h"
#include "tests/sim/world/clients.h"
#include "tests/sim/world/lease_clients.h"
#include "tests/sim/world/node.h"
#include "tests/sim/world/session_clients.h"
#include "tests/sim/world/watch_clients.h"

namespace sim {

/// Thread: one.
class World {
 public:
  World(const SimOptions& options, Trace& trace, Coverage& coverage);
  ~World();

  // Time.

  [[nodiscard]] Micros now() const { return queue_.now(); }
  void run_for(Micros duration);
  /// True as soon as `condition` holds; false when it did not within `limit`, or something is wrong.
  bool run_until(Micros limit, const std::function<bool()>& condition);

  // Members.

  [[nodiscard]] std::vector<Node*> nodes();
  [[nodiscard]] Node* node(raft::NodeId id);
  /// Those that run now.
  [[nodiscard]] std::vector<Node*> running();
  /// The member that leads in the newest term; null when none does.
  [[nodiscard]] Node* leader();
  /// A member that is not one of the founders: empty, under an id never used before. It runs at once.
  Node& join();
  /// An id never used before.
  raft::NodeId next_id() { return raft::NodeId(next_id_++); }
  Node& join(raft::NodeId id);
  /// Whoever goes down comes back after a while, by itself.
  void set_restarts(bool on) { restarts_ = on; }
  void restart(Node& node);
  /// It never comes back.
  void retire(raft::NodeId id);
  [[nodiscard]] bool is_retired(raft::NodeId id) const { return retired_.contains(id); }
  /// Every link of this member, both ways.
  void isolate(raft::NodeId id);
  void rejoin(raft::NodeId id);

  [[nodiscard]] Network& network() { return network_; }
  [[nodiscard]] Clients& clients() { return clients_; }
  [[nodiscard]] LeaseClients& lease_clients() { return lease_clients_; }
  [[nodiscard]] SessionClients& session_clients() { return session_clients_; }
  [[nodiscard]] AuthClients& auth_clients() { return auth_clients_; }
  [[nodiscard]] WatchClients& watch_clients() { return watch_clients_; }
  /// Every watch was told everything that was applied anywhere.
  [[nodiscard]] bool watches_reached_all() const { return watch_clients_.reached(kv_.model().revision()); }
  [[nodiscard]] const KvChecks& kv() const { return kv_; }
  [[nodiscard]] const RaftChecks& raft() const { return raft_; }
  [[nodiscard]] const SimOptions& options() const { return options_; }
  [[nodiscard]] EventQueue& queue() { return queue_; }
  [[nodiscard]] Coverage& coverage() { return coverage_; }
  [[nodiscard]] Trace& trace() { return trace_; }

  // Verdict.

  void fail(std::string what) { verdict_.fail(std::move(what)); }
  [[nodiscard]] bool failed() const { return verdict_.failed(); }
  [[nodiscard]] const std::string& failure() const { return verdict_.failure(); }
  /// Holds the state of a running member against the model.
  void compare(raft::NodeId id);
  /// Counts what is known only at the end.
  void finish();

 private:
  void add(raft::NodeId id, std::vector<raft::NodeId> founders);
  void gone(raft::NodeId id);
  Node* choose(Dice& dice);

  const SimOptions options_;
  Trace& trace_;
  Coverage& coverage_;
  Verdict verdict_;
  EventQueue queue_;
  RaftChecks raft_;
  KvChecks kv_;
  Network network_;
  Dice dice_;
  std::map<raft::NodeId, std::unique_ptr<Node>> nodes_;
  std::set<raft::NodeId> retired_;
  std::uint64_t next_id_ = 1;
  bool restarts_ = true;
  Clients clients_;
  LeaseClients lease_clients_;
  SessionClients session_clients_;
  AuthClients auth_clients_;
  WatchClients watch_clients_;
};

}  // namespace sim
