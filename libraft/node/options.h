// What one replica is told at its start, and its limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "libraft/core/options.h"
#include "libraft/core/types.h"

namespace raft {

/// When the log is cut, and what stays.
struct CompactionOptions {
  /// Applied entries, and payload bytes of them, that the log holds before it is cut.
  std::uint64_t entries = 100000;
  std::uint64_t bytes = 128U << 20U;
  /// What stays for members that lag a little; beyond either they are sent a snapshot.
  std::uint64_t keep_entries = 5000;
  std::uint64_t keep_bytes = 32U << 20U;
};

/// How states travel.
struct SnapshotOptions {
  std::size_t chunk_bytes = 256U << 10U;
  /// Chunks of a transfer that may be unacknowledged.
  std::size_t window_chunks = 8;
  /// The rate of each transfer.
  std::size_t bytes_per_tick = 1U << 20U;
  /// Transfers that a leader makes at one time.
  std::size_t transfers_max = 2;
  /// Unacknowledged chunks are sent again after so long.
  std::uint32_t resend_ticks = 50;
  /// A transfer whose other end is silent for so long is over.
  std::uint32_t give_up_ticks = 1000;
};

struct ReplicaOptions {
  NodeId self;
  CoreOptions core;
  /// For election timeouts, and where the numbers of questions and transfers begin: unlike that of every
  /// earlier start of this member.
  std::uint64_t seed = 0;
  /// How long one tick is. Core timeouts are multiples of it.
  std::chrono::milliseconds tick{10};
  /// Proposals that wait for a leader; beyond it they are dropped and their clients time out.
  std::size_t held_proposals_max = 65536;
  /// Ticks that a proposal waits for a leader before it is dropped.
  std::uint32_t held_ticks_max = 500;
  /// Ticks after which an unanswered read index is asked again.
  std::uint32_t read_retry_ticks = 50;
  CompactionOptions compaction;
  SnapshotOptions snapshots;
  /// Payload bytes handed to the apply thread and not applied yet.
  std::size_t applying_bytes_max = 16U << 20U;
  /// Proposals, reads and messages that wait for the raft thread.
  std::size_t inbox_items_max = 262144;
};

}  // namespace raft
