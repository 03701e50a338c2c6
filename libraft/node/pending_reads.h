// Reads on their way to a read index. Reads are idempotent, so one that lost its leader is simply asked
// again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace raft {

/// Collects tickets (one a client read) into questions to the core (one a step). Bounded by the inbox in
/// front.
class PendingReads {
 public:
  /// `first_id`: unlike those of this member's earlier lives, whose answers may still be under way: they are
  /// too old for the questions of this one (B30, B78).
  PendingReads(std::uint32_t retry_ticks, std::uint64_t first_id)
      : retry_ticks_(retry_ticks), next_id_(first_id) {}

  void add(std::vector<std::uint64_t> tickets);
  /// One tick has passed: questions without an answer for long are asked again.
  void tick();
  /// A question for everything that waits, when there is something and `leader_known`.
  std::optional<std::uint64_t> ask(bool leader_known);
  /// The core lost the question; its tickets wait again.
  void failed(std::uint64_t id);
  /// The core answered: the tickets that asked. Empty for an answer that came too late.
  std::vector<std::uint64_t> answered(std::uint64_t id);

 private:
  struct Question {
    std::vector<std::uint64_t> tickets;
    std::uint32_t ticks = 0;
  };

  const std::uint32_t retry_ticks_;
  std::uint64_t next_id_;
  std::vector<std::uint64_t> waiting_;
  std::map<std::uint64_t, Question> asked_;
};

}  // namespace raft
