// The algorithm as a function: events in, effects out. No I/O, no thread, no clock, no globals; chance is a
// seed.
#pragma once

#include <cstdint>
#include <vector>

#include "libraft/core/effects.h"
#include "libraft/core/event.h"
#include "libraft/core/roles.h"
#include "libraft/core/shared.h"

namespace raft {

/// What a core starts from: what its disk holds.
struct CoreStart {
  NodeId self;
  CoreOptions options;
  /// The state machine's newest one, then those of the log behind it, ascending.
  std::vector<Configuration> configurations;
  HardState hard_state;
  LogView log;
  Index applied;           ///< the state machine has applied up to here; within the log
  std::uint64_t seed = 0;  ///< for election timeouts
};

/// One member's part in Raft. Requires options without faults().
/// Thread: one.
class Core {
 public:
  explicit Core(CoreStart start);

  /// Takes a batch of events in order and says what to do about them. Under load the batch grows: proposals
  /// of one batch share one disk write and one message a peer.
  [[nodiscard]] Effects step(std::vector<Event> events);

  [[nodiscard]] CoreStatus status() const;
  /// For the entries to apply and for describe; valid until the next step.
  [[nodiscard]] const LogView& log() const { return shared_.log; }
  [[nodiscard]] const Membership& membership() const { return shared_.membership(); }
  [[nodiscard]] const Role& role() const { return role_; }
  [[nodiscard]] const Shared& shared() const { return shared_; }

 private:
  Next handle(Event&& event);
  Next receive(NodeId from, Message&& message);
  Next receive_append(NodeId from, AppendEntries&& append);
  Next take_state(Restore&& restore);
  Next receive_vote(NodeId from, const VoteReply& reply);
  [[nodiscard]] bool settled() const;
  void change_role(Role next);

  Shared shared_;
  Role role_;
};

}  // namespace raft
