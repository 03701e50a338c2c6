#include "tests/sim/run/recovery.h"

#include <algorithm>
#include <string>

#include "libkv/session/session_table.h"
#include "libraft/core/describe.h"

namespace sim {
namespace {

using raft::NodeId;

/// Elections that may fail before one must succeed; the rest is for slow disks.
constexpr Micros kElectionTimeouts = 30;
constexpr Micros kSlack = 20 * kSecond;
constexpr Micros kCatchUp = 240 * kSecond;

class Recovery {
 public:
  Recovery(World& world, const std::vector<NodeId>& core) : world_(world), core_(core) {}

  void run() {
    const Micros limit = kElectionTimeouts * world_.options().election() + kSlack;
    if (!world_.run_until(limit, [this] { return leader() != nullptr; })) return fail("nobody leads");
    // What clients gave up on may still be on its way to a leader.
    world_.run_for(world_.options().tick * world_.options().replica.held_ticks_max + kSlack);
    if (!world_.run_until(kCatchUp, [this] { return settled(); }))
      return fail("the membership does not settle");
    drop_strangers();
    for (const NodeId id : core_) {
      if (!serves(id, limit)) return fail("member " + describe(id) + " serves no write or no read");
    }
    if (!world_.run_until(kCatchUp, [this] { return converged(); }))
      return fail("the members do not converge");
    compare_states();
  }

 private:
  void fail(const std::string& what) {
    std::string states;
    for (const Node* node : world_.nodes()) {
      states += "\n  " + describe(node->self()) + ": " +
                (node->running() ? describe(node->status()) +
                                       " applied=" + std::to_string(node->machine().applied().index.value()) +
                                       " " + describe(node->membership())
                                 : std::string("down"));
    }
    world_.fail("after everything was healed: " + what + states);
  }

  [[nodiscard]] bool in_core(NodeId id) const { return std::ranges::find(core_, id) != core_.end(); }

  Node* leader() {
    Node* found = world_.leader();
    return found != nullptr && in_core(found->self()) ? found : nullptr;
  }

  /// No change under way, and the members are those of the table.
  bool settled() {
    Node* lead = leader();
    if (lead == nullptr || lead->membership().joint()) return false;
    if (lead->machine().applied().index < lead->status().commit) return false;
    const raft::MembershipTarget target = lead->machine().membership_target();
    return target.replacements.empty() && lead->membership().voters == target.voters &&
           lead->membership().learners == target.learners;
  }

  /// Those that were removed, or never were members, go away.
  void drop_strangers() {
    const Node* lead = leader();
    if (lead == nullptr) return;
    const raft::Membership members = lead->membership();
    for (const Node* node : world_.nodes()) {
      const NodeId id = node->self();
      if (members.is_voter(id) || members.is_learner(id)) continue;
      world_.retire(id);
      std::erase(core_, id);
    }
  }

  /// Clients try again, as clients do.
  bool serves(NodeId id, Micros limit) {
    const Micros until = world_.now() + limit;
    bool written = false;
    while (world_.now() < until && !world_.failed()) {
      Node* node = world_.node(id);
      if (node == nullptr || !node->running()) {
        world_.run_for(world_.options().election());
        continue;
      }
      const Micros patience = 4 * world_.options().election() + kSecond;
      const std::uint64_t number =
          written ? world_.clients().read(*node, patience) : world_.clients().put(*node, patience);
      const bool done = world_.run_until(patience, [&] { return world_.clients().done(number); });
      if (done && written) return true;
      written = written || done;
    }
    return false;
  }

  bool converged() {
    const raft::Index all = world_.kv().applied_anywhere();
    return std::ranges::all_of(core_, [&](NodeId id) {
      const Node* node = world_.node(id);
      return node->running() && node->machine().applied().index == all && node->status().last.index == all;
    });
  }

  /// Keys and history were compared with the model all along; now the whole of each, and the tables beside.
  void compare_states() {
    const kv::Machine& first = world_.node(core_.front())->machine();
    for (const NodeId id : core_) {
      const kv::Machine& machine = world_.node(id)->machine();
      world_.compare(id);
      const bool same =
          machine.members() == first.members() && machine.configuration() == first.configuration() &&
          machine.leases().table().list() == first.leases().table().list() &&
          machine.sessions() == first.sessions() && machine.view().revision() == first.view().revision() &&
          machine.view().compacted_revision() == first.view().compacted_revision();
      if (!same) return fail("the state of member " + describe(id) + " is another one");
    }
  }

  World& world_;
  std::vector<NodeId> core_;
};

}  // namespace

void expect_recovery(World& world, const std::vector<NodeId>& core) {
  Recovery(world, core).run();
}

}  // namespace sim
