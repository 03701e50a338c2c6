// Leaders that were replaced and do not know it: whoever asks them for a read may get no answer.
#include "tests/sim/world/faults.h"

namespace sim {

void Faults::rejoin_later(raft::NodeId id) {
  world_.queue().after(dice_.between(kSecond / 2, 3 * kSecond), [this, id] {
    if (!stopped_) world_.rejoin(id);
  });
}

/// From the moment it lets its successor go ahead it hears nobody, so it takes itself for the leader still.
void Faults::deafen_when_offered(raft::NodeId id, Micros until) {
  const Node* node = world_.node(id);
  if (stopped_ || world_.now() > until || node == nullptr || !node->running()) return;
  const auto* leader = std::get_if<raft::Leader>(&node->core().role());
  if (leader == nullptr) return;
  if (!leader->offered) {
    world_.queue().after(kMillisecond, [this, id, until] { deafen_when_offered(id, until); });
    return;
  }
  note("a leader hears nobody", node);
  for (const Node* other : world_.nodes()) {
    if (other->self() != id) world_.network().cut(other->self(), id);
  }
  ask_deposed(id, 2 * world_.options().election());
  rejoin_later(id);
}

/// A leader that hears nobody is sent what it was answered in an earlier reign.
void Faults::echo() {
  const Node* leader = world_.leader();
  if (leader == nullptr) return;
  note("echo", leader);
  const raft::NodeId id = leader->self();
  const Micros duration = dice_.between(1, 4) * world_.options().election();
  world_.isolate(id);
  echo_until(id, world_.now() + duration);
  ask_deposed(id, duration);
  world_.queue().after(duration, [this, id] {
    if (!stopped_) world_.rejoin(id);
  });
}

void Faults::echo_until(raft::NodeId to, Micros until) {
  if (stopped_ || world_.now() > until) return;
  if (world_.network().echo(to)) world_.coverage().hit(Sometimes::kAnswerEchoed);
  world_.queue().after(dice_.between(kMillisecond, 20 * kMillisecond),
                       [this, to, until] { echo_until(to, until); });
}

/// Once another leads and has taken a write, the one before is asked to read: it may not have an answer.
void Faults::ask_deposed(raft::NodeId old, Micros patience) {
  const Micros until = world_.now() + patience;
  world_.queue().after(dice_.below(world_.options().tick), [this, old, until] {
    if (stopped_ || world_.now() > until) return;
    Node* leader = world_.leader();
    if (leader == nullptr || leader->self() == old) return ask_deposed(old, until - world_.now());
    ask_again(old, world_.clients().put(*leader, kSecond), until);
  });
}

void Faults::ask_again(raft::NodeId old, std::uint64_t write, Micros until) {
  if (stopped_ || world_.now() > until) return;
  Node* asked = world_.node(old);
  if (asked == nullptr || !asked->running()) return;
  Micros pause = kMillisecond;
  if (world_.clients().done(write)) {
    world_.clients().read(*asked, world_.options().election());
    pause = world_.options().tick * 2;
  }
  world_.queue().after(pause, [this, old, write, until] { ask_again(old, write, until); });
}

}  // namespace sim
