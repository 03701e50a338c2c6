// What all roles share: the durable state, the log, and the effects of the step under way.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "libraft/base/random.h"
#include "libraft/core/configuration_log.h"
#include "libraft/core/effects.h"
#include "libraft/core/log_view.h"
#include "libraft/core/options.h"
#include "libraft/core/priority.h"
#include "libraft/core/roles.h"

namespace raft {

/// When a message may leave.
enum class When : std::uint8_t {
  kNow,      ///< it promises nothing about this step's changes
  kDurable,  ///< it is a vote or an acknowledgement: after everything so far is on disk
};

struct Shared {
  Shared(NodeId self_id, CoreOptions core_options, std::vector<Configuration> configurations_found,
         HardState found, LogView log_found, Index applied, std::uint64_t seed);

  const NodeId self;
  const CoreOptions options;
  ConfigurationLog configurations;
  LogView log;
  Index commit;
  Index durable;  ///< the last entry known to be on this member's disk
  Random random;
  Effects out;  ///< of the step under way
  /// So long this member helps nobody to unseat a leader that counts on it, whatever else happens: a change
  /// of term, or a new life that knows nothing of the old one. Only with options.lease_reads.
  std::uint32_t promised_ticks = 0;
  std::uint64_t tick = 0;  ///< of this life
  Priorities priorities;
  std::optional<MembershipTarget> target;  ///< where the membership should go, as far as is known here

  [[nodiscard]] const HardState& hard_state() const { return hard_state_; }
  [[nodiscard]] Term term() const { return hard_state_.term; }
  /// The configuration that counts: the newest in the log.
  [[nodiscard]] const Membership& membership() const { return configurations.newest().members; }
  /// Moves to a newer term, in which no vote is given yet.
  void enter_term(Term term);
  void vote_for(NodeId candidate);

  void send(NodeId to, Message message, When when);
  /// Appends to the log and to what this step persists.
  void append(Entry entry);
  /// Drops a suffix that conflicts with the leader's (§5.3). Never a committed entry.
  void truncate_from(Index first);
  void commit_to(Index index);
  /// Drops the entries up to `upto`, which are applied, from log and disk.
  void compact(Index upto);
  /// A state that ends at `last` takes the place of everything up to it.
  void restore(EntryId last, Configuration configuration);
  /// A disk write has ended.
  void persisted(std::uint64_t sequence);
  /// Numbers the step's writes and resolves the order of its messages. Called once, at the end of a step.
  Effects finish_step();

  /// Whether this member may lead. One that a change takes out stays needed until that change is committed:
  /// it may be the only one whose log holds it (thesis 4.2.2).
  [[nodiscard]] bool campaigns() const {
    return membership().is_voter(self) || configurations.at(commit).members.is_voter(self);
  }
  /// The oldest disk write under way; nothing when all have ended.
  [[nodiscard]] std::optional<std::uint64_t> oldest_write() const;
  std::uint32_t draw_timeout();

 private:
  struct Pending {
    std::uint64_t sequence;
    Index last;  ///< of this log's entries, the newest it makes durable
  };
  struct Queued {
    Send send;
    When when;
  };

  HardState hard_state_;
  bool hard_state_dirty_ = false;
  std::optional<EntryId> unwritten_base_;
  std::vector<Entry> unwritten_;
  std::vector<Queued> queued_;
  std::deque<Pending> pending_;            // writes under way, ascending
  std::uint64_t sequence_ = 0;             // of the newest write asked for
  std::uint64_t hard_state_sequence_ = 0;  // of the newest write with a hard state
  std::uint64_t persisted_sequence_ = 0;
};

/// A follower of `leader` with a fresh election timeout.
Follower make_follower(Shared& shared, std::optional<NodeId> leader);

}  // namespace raft
