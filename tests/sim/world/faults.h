// What goes wrong, when: each kind of fault at its own random times.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/world/world.h"

namespace sim {

/// Thread: one.
class Faults {
 public:
  explicit Faults(World& world);

  void start();
  /// No more of them, and everything that was done to network and clocks is undone.
  void stop();

 private:
  void repeat(Micros mean, void (Faults::*fault)());
  Node* anyone();
  void note(const char* what, const Node* node);

  void crash();
  void crash_in_disk_call();
  void disk_error();
  void partition();
  void pause();
  void clock_rate();
  void disk_stall();
  void transfer();
  void weather();
  void echo();
  void change_members();

  void ask_deposed(raft::NodeId old, Micros patience);
  void ask_again(raft::NodeId old, std::uint64_t write, Micros until);
  void rejoin_later(raft::NodeId id);
  void deafen_when_offered(raft::NodeId id, Micros until);
  void echo_until(raft::NodeId to, Micros until);
  void cut_groups(const std::vector<Node*>& all, bool one_way);
  void cut_ring(const std::vector<Node*>& all);
  void add_member();
  void remove_member();
  void replace_member();

  World& world_;
  Dice dice_;
  bool stopped_ = false;
};

}  // namespace sim
