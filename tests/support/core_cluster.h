// A whole cluster of cores in one thread: every tick, delivery, disk write and crash happens when the test
// says so.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libraft/core/core.h"

namespace raft::testing {

/// What survives a crash of one member.
struct CoreDisk {
  HardState hard_state;
  EntryId base;                 ///< the entry before the first
  std::vector<Entry> entries;   ///< entry base.index + 1 + i at place i
  EntryId applied;              ///< the state machine's
  Configuration configuration;  ///< the newest applied one, kept with the state

  [[nodiscard]] const Entry* at(Index index) const;
  [[nodiscard]] Index last() const { return base.index + entries.size(); }
};

/// Members 1 to n. After every step it checks the invariants of the core that moved and those of the whole
/// cluster; the first one broken is in `fault`, with the last events in `trace`.
class CoreCluster {
 public:
  CoreCluster(std::size_t members, CoreOptions options, std::uint64_t seed);

  // What can happen.
  void tick(NodeId id);
  void propose(NodeId id, const std::string& command);
  void read(NodeId id, std::uint64_t ticket);
  void transfer(NodeId from, std::optional<NodeId> to);
  /// The member learns that time went by without ticks.
  void pause(NodeId id);
  /// Everyone that is up hears where the membership should go; those who start later hear it then.
  void want(MembershipTarget target);
  /// The member's election priority from its next start on.
  void prefer(NodeId id, std::uint8_t priority) { priorities_[id] = priority; }
  /// A machine that knows nobody yet, to be added by `want`.
  void add(NodeId id);
  /// Drops the entries up to `upto`, at most what is applied, from a member's log.
  void compact(NodeId id, Index upto);
  /// Hands over the oldest snapshot that a leader was asked for; false when there is none. Lost when the way
  /// there is cut or the receiver is down.
  bool deliver_snapshot();
  /// Delivers the oldest message of a link; false when there is none or the link is cut (then it is dropped).
  bool deliver(NodeId from, NodeId to);
  void drop(NodeId from, NodeId to);
  void duplicate(NodeId from, NodeId to);
  /// Moves the newest message of a link to its front.
  void reorder(NodeId from, NodeId to);
  /// Ends the oldest disk write of a member; false when there is none.
  bool complete_write(NodeId id);
  /// Loses what was not on disk and everything on its way to and from the member.
  void crash(NodeId id);
  void restart(NodeId id);
  /// One direction of a link: messages on it are lost while it is cut.
  void cut(NodeId from, NodeId to, bool is_cut);
  void isolate(NodeId id, bool isolated);
  void heal();

  // Combinations.
  /// Completes writes and delivers messages until nothing is under way.
  void settle();
  /// Ticks everyone that is up, settling after each.
  void tick_all(std::uint32_t times);
  /// Ticks `id` alone until it leads; the rest only answer.
  bool elect(NodeId id);
  /// Ticks everyone until there is one leader whose term all reachable members share.
  std::optional<NodeId> await_leader(std::uint32_t ticks_max = 2000);

  // What can be seen.
  [[nodiscard]] bool up(NodeId id) const { return node(id).core != nullptr; }
  [[nodiscard]] const Core& core(NodeId id) const { return *node(id).core; }
  [[nodiscard]] CoreStatus status(NodeId id) const { return node(id).core->status(); }
  [[nodiscard]] bool leads(NodeId id) const { return up(id) && status(id).role == RoleName::kLeader; }
  [[nodiscard]] const CoreDisk& disk(NodeId id) const { return node(id).disk; }
  /// Commands that a member has applied, in order, over all its lives.
  [[nodiscard]] std::vector<std::string> applied(NodeId id) const;
  [[nodiscard]] std::size_t in_flight(NodeId from, NodeId to) const;
  /// What is on its way from one member to another, oldest first; tests may change it.
  [[nodiscard]] std::deque<Message>& link(NodeId from, NodeId to) { return links_[{from, to}]; }
  [[nodiscard]] std::size_t writes_under_way(NodeId id) const { return node(id).writing.size(); }
  [[nodiscard]] std::vector<NodeId> ids() const;
  [[nodiscard]] std::size_t snapshots_delivered() const { return snapshots_delivered_; }
  /// Entries known to be committed anywhere.
  [[nodiscard]] Index committed() const { return Index(ledger_.size()); }

  /// Reads that were answered: ticket and index. Reads that must be asked again are in reads_failed.
  std::map<std::uint64_t, Index> reads_ready;
  std::set<std::uint64_t> reads_failed;
  std::vector<std::string> refused;
  std::optional<std::string> fault;
  std::deque<std::string> trace;

 private:
  struct Node {
    std::unique_ptr<Core> core;
    CoreDisk disk;
    std::deque<Persist> writing;
    std::deque<Send> waiting;
    std::optional<std::pair<EntryId, Configuration>> received;  // a state that the log has not accepted yet
    std::optional<NodeId> received_from;
    std::uint64_t persisted = 0;
  };

  Node& node(NodeId id) { return nodes_.at(id); }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_.at(id); }
  void boot(NodeId id);
  void step(NodeId id, std::vector<Event> events);
  void carry_out(NodeId id, Effects effects);
  void send(NodeId from, Send send);
  void apply(NodeId id, Index upto);
  void install(NodeId id);
  /// A state on its way into a member's log will not arrive: its sender hears of it.
  void lose_received(Node& receiver, NodeId id);
  void write(Node& self, const Persist& persist);
  [[nodiscard]] bool held_by_a_quorum(const Entry& entry) const;
  void check_after_step(NodeId id, const CoreStatus& before);
  void check_vote(NodeId id, const HardState& hard_state);
  void fail(const std::string& what);
  void note(std::string line);

  CoreOptions options_;
  std::uint64_t seed_;
  std::uint64_t lives_ = 0;
  struct Snapshot {
    NodeId from;
    NodeId to;
    EntryId last;
    Configuration configuration;
  };
  std::deque<Snapshot> snapshots_;
  std::size_t snapshots_delivered_ = 0;
  std::optional<MembershipTarget> target_;
  std::map<NodeId, std::uint8_t> priorities_;
  std::map<NodeId, Node> nodes_;
  std::map<std::pair<NodeId, NodeId>, std::deque<Message>> links_;
  std::set<std::pair<NodeId, NodeId>> cuts_;
  std::vector<Entry> ledger_;  // committed entries, by index
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<NodeId, Term>, NodeId> votes_;
};

}  // namespace raft::testing
