// Every limit of the core, with its unit and its relation to the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace raft {

/// Time is counted in ticks; whoever drives the core says how long one is.
struct CoreOptions {
  /// A follower that hears nothing for this long campaigns; a leader that hears no quorum for this long steps
  /// down.
  std::uint32_t election_ticks = 100;
  /// Each election timeout is drawn from [election_ticks, election_ticks + election_jitter_ticks).
  std::uint32_t election_jitter_ticks = 50;
  /// A leader shows itself this often. At most election_ticks / 5.
  std::uint32_t heartbeat_ticks = 10;
  /// Thesis 9.6. Off only for tests that show what it prevents.
  bool pre_vote = true;
  /// Thesis 6.2 and leader stickiness. Off only for tests that show what it prevents.
  bool check_quorum = true;
  /// Payload bytes in one AppendEntries; a single larger entry still goes, alone.
  std::size_t append_bytes_max = 1U << 20U;
  /// AppendEntries with entries that one peer may leave unanswered.
  std::size_t inflight_messages_max = 128;
  /// Payload bytes that one peer may leave unanswered.
  std::size_t inflight_bytes_max = 16U << 20U;
  /// Payload bytes of the newest entries that stay in memory for peers and for apply.
  std::size_t cache_bytes_max = 64U << 20U;
  /// Read requests that wait for confirmation at one time; more are refused.
  std::size_t reads_max = 65536;

  /// A learner this many entries or fewer behind the leader has caught up and may become a voter.
  std::uint64_t caught_up_entries = 1024;
  /// A leader whose disk leaves a write unanswered for this long hands leadership over; 0: never.
  std::uint32_t disk_stall_ticks = 200;
  /// Of several members that could lead, the one with the highest should: the others let it campaign first,
  /// and hand over to it when its log keeps up (priority.h). The same everywhere: no one is preferred.
  std::uint8_t election_priority = 0;
  /// Opt-in: a leader that a quorum confirmed within nine tenths of election_ticks answers reads at once
  /// (thesis 6.4.1). Needs check_quorum, clocks whose rates differ by less than a tenth, and the same
  /// setting on every member: a voter that starts again then waits for election_ticks before it helps anyone.
  bool lease_reads = false;

  /// Every fault, in words; empty when all is well.
  [[nodiscard]] std::vector<std::string> faults() const;
};

}  // namespace raft
