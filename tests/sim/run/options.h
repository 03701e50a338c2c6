// Everything that one seed decides before the first event: sizes, limits, which faults and how many.
#pragma once

#include <cstdint>
#include <string>

#include "libkv/session/session_limits.h"
#include "libraft/node/options.h"
#include "tests/sim/world/event_queue.h"

namespace sim {

struct NetworkOptions {
  Micros delay_min = 200;
  Micros delay_typical = 1000;
  std::uint32_t loss_permille = 0;
  std::uint32_t duplicate_permille = 0;
  std::uint32_t replay_permille = 0;
  bool in_order = true;  ///< each way between two members delivers in the order of sending
};

struct LoadOptions {
  std::uint32_t clients = 3;
  std::uint32_t keys = 4;
  std::uint32_t value_bytes = 16;
  Micros think = 20 * kMillisecond;
  Micros timeout = 3 * kSecond;
  bool compact_history = false;
  std::uint32_t lease_holders = 0;
  Micros lease_think = 500 * kMillisecond;
  std::uint32_t session_clients = 0;
  Micros session_think = 300 * kMillisecond;
  Micros session_retry = kSecond;  ///< how long they wait before they send a write again
  Micros lease_checkpoints = 0;    ///< the interval in which leaders tell what is left; 0: never
  std::uint32_t auth_clients = 0;
  Micros auth_think = 200 * kMillisecond;
  std::uint32_t watchers = 0;
  Micros watch_think = 100 * kMillisecond;
};

/// How often each happens: the mean time between two, 0 for never.
struct FaultOptions {
  Micros crash = 0;
  Micros crash_in_disk_call = 0;
  Micros disk_error = 0;
  Micros partition = 0;
  Micros pause = 0;
  Micros clock_rate = 0;
  Micros disk_stall = 0;
  Micros transfer = 0;
  Micros weather = 0;  ///< the network gets bad for a while
  Micros echo = 0;     ///< a leader is cut off from all but answers to an earlier reign of its
  Micros membership = 0;
};

struct SimOptions {
  std::uint64_t seed = 0;
  std::uint32_t members = 3;
  Micros duration = 60 * kSecond;  ///< before everything is healed
  Micros tick = 50 * kMillisecond;
  raft::ReplicaOptions replica;
  bool priorities = false;  ///< every third member would rather lead than the one before it
  kv::SessionLimits sessions;
  std::size_t wal_buffer_bytes = 64U << 10U;
  Micros write_typical = 2 * kMillisecond;
  Micros apply_typical = 200;
  Micros election() const { return tick * replica.core.election_ticks; }
  NetworkOptions network;
  LoadOptions load;
  FaultOptions faults;
};

/// A quiet cluster with small limits: what the scenarios start from.
SimOptions calm_options(std::uint64_t seed);
/// What the seed draws: a random part of the faults at random strength ("swarm").
SimOptions options_of_seed(std::uint64_t seed);
/// All of it, a line a group.
std::string describe(const SimOptions& options);

}  // namespace sim
