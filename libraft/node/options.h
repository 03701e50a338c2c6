// What one replica is told at its start, and its limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "libraft/core/membership.h"
#include "libraft/core/options.h"

namespace raft {

struct ReplicaOptions {
  NodeId self;
  Membership membership;
  CoreOptions core;
  std::uint64_t seed = 0;
  /// How long one tick is. Core timeouts are multiples of it.
  std::chrono::milliseconds tick{10};
  /// Proposals that wait for a leader; beyond it they are dropped and their clients time out.
  std::size_t held_proposals_max = 65536;
  /// Ticks that a proposal waits for a leader before it is dropped.
  std::uint32_t held_ticks_max = 500;
  /// Ticks after which an unanswered read index is asked again.
  std::uint32_t read_retry_ticks = 50;
  /// Payload bytes handed to the apply thread and not applied yet.
  std::size_t applying_bytes_max = 16U << 20U;
  /// Proposals, reads and messages that wait for the raft thread.
  std::size_t inbox_items_max = 262144;
};

}  // namespace raft
