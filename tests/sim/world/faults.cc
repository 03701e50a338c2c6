#include "tests/sim/world/faults.h"

#include <algorithm>

namespace sim {
namespace {

constexpr std::uint64_t kFaultsConcern = 4;
/// Disk calls to go until a fault.
constexpr std::uint64_t kStepsMax = 40;
constexpr Micros kPartitionMax = 10 * kSecond;
constexpr Micros kPauseMax = 8 * kSecond;
constexpr Micros kStallMax = 5 * kSecond;

}  // namespace

Faults::Faults(World& world) : world_(world), dice_(world.options().seed, kFaultsConcern) {}

void Faults::start() {
  const FaultOptions& faults = world_.options().faults;
  repeat(faults.crash, &Faults::crash);
  repeat(faults.crash_in_disk_call, &Faults::crash_in_disk_call);
  repeat(faults.disk_error, &Faults::disk_error);
  repeat(faults.partition, &Faults::partition);
  repeat(faults.pause, &Faults::pause);
  repeat(faults.clock_rate, &Faults::clock_rate);
  repeat(faults.disk_stall, &Faults::disk_stall);
  repeat(faults.transfer, &Faults::transfer);
  repeat(faults.weather, &Faults::weather);
  repeat(faults.membership, &Faults::change_members);
  repeat(faults.echo, &Faults::echo);
}

void Faults::stop() {
  stopped_ = true;
  NetworkOptions calm = world_.options().network;
  calm.loss_permille = calm.duplicate_permille = calm.replay_permille = 0;
  calm.delay_typical = std::min(calm.delay_typical, world_.options().tick);
  world_.network().set_options(calm);
  world_.network().mend_all();
  for (Node* node : world_.nodes()) {
    node->set_clock_rate(1000);
    node->stall_disk(0);
  }
}

void Faults::repeat(Micros mean, void (Faults::*fault)()) {
  if (mean == 0) return;
  world_.queue().after(dice_.between(1, 2 * mean), [this, mean, fault] {
    if (stopped_) return;
    (this->*fault)();
    repeat(mean, fault);
  });
}

/// Half the time the leader: most bugs need it.
Node* Faults::anyone() {
  std::vector<Node*> running = world_.running();
  if (running.empty()) return nullptr;
  if (Node* leader = world_.leader(); leader != nullptr && dice_.percent(50)) return leader;
  return dice_.pick(running);
}

void Faults::note(const char* what, const Node* node) {
  world_.trace().note(world_.now(), "fault", node == nullptr ? 0 : node->self().value(), 0, 0,
                      [what] { return std::string(what); });
}

void Faults::crash() {
  Node* victim = anyone();
  if (victim == nullptr) return;
  if (victim->status().role == raft::RoleName::kLeader && victim->membership().joint())
    world_.coverage().hit(Sometimes::kLeaderCrashInJoint);
  const bool all = dice_.percent(5);
  victim->crash(dice_.percent(70));
  if (!all) return;
  for (Node* other : world_.running()) other->crash(true);
}

void Faults::crash_in_disk_call() {
  std::vector<Node*> all = world_.nodes();
  Node* victim = dice_.percent(60) ? anyone() : dice_.pick(all);
  if (victim != nullptr) victim->crash_in_disk_call(dice_.below(kStepsMax));
  note("power goes in a disk call", victim);
}

void Faults::disk_error() {
  Node* victim = anyone();
  if (victim == nullptr) return;
  note("disk error", victim);
  switch (dice_.below(4)) {
    case 0:
      world_.coverage().hit(Sometimes::kDiskError);
      return victim->disk().fail_after(dice_.below(kStepsMax), DiskFault::kWriteError);
    case 1:
      world_.coverage().hit(Sometimes::kDiskFull);
      return victim->disk().fail_after(dice_.below(kStepsMax), DiskFault::kFull);
    case 2:
      world_.coverage().hit(Sometimes::kSyncLost);
      return victim->disk().fail_after(dice_.below(kStepsMax), DiskFault::kSyncLost);
    default:
      world_.coverage().hit(Sometimes::kReadError);
      return victim->disk().fail_read_after(dice_.below(5));
  }
}

/// Two sides, or more; `one_way`: the first side hears the second and is not heard.
void Faults::cut_groups(const std::vector<Node*>& all, bool one_way) {
  std::vector<std::uint64_t> side;
  for (std::size_t i = 0; i < all.size(); ++i) side.push_back(dice_.below(2));
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = 0; b < all.size(); ++b) {
      if (side[a] == side[b] || (one_way && side[a] == 1)) continue;
      world_.network().cut(all[a]->self(), all[b]->self());
    }
  }
}

/// Everyone reaches only its neighbours.
void Faults::cut_ring(const std::vector<Node*>& all) {
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = a + 1; b < all.size(); ++b) {
      const std::size_t distance = b - a;
      if (distance != 1 && distance != all.size() - 1)
        world_.network().cut_both(all[a]->self(), all[b]->self());
    }
  }
}

void Faults::partition() {
  const std::vector<Node*> all = world_.nodes();
  const std::uint64_t kind = dice_.below(4);
  note("partition", nullptr);
  world_.coverage().hit(kind == 1 ? Sometimes::kOneWayPartition : Sometimes::kPartition);
  if (kind == 0) {
    if (const Node* alone = anyone()) {
      world_.isolate(alone->self());
      if (alone == world_.leader()) ask_deposed(alone->self(), 3 * world_.options().election());
    }
  } else if (kind == 3) {
    cut_ring(all);
  } else {
    cut_groups(all, kind == 1);
  }
  world_.queue().after(dice_.between(kSecond / 10, kPartitionMax), [this] {
    if (stopped_) return;  // how it is then is someone else's business
    note("partition ends", nullptr);
    world_.network().mend_all();
  });
}

void Faults::pause() {
  Node* victim = anyone();
  if (victim == nullptr) return;
  note("pause", victim);
  world_.coverage().hit(Sometimes::kPause);
  const Micros duration = dice_.between(kSecond / 20, kPauseMax);
  victim->pause(duration);
  if (!dice_.percent(40)) return;
  // It wakes to silence: nobody tells it what happened meanwhile.
  world_.isolate(victim->self());
  world_.queue().after(duration + dice_.below(kSecond), [this, id = victim->self()] {
    if (!stopped_) world_.rejoin(id);
  });
}

/// With lease reads clocks may differ by less than a tenth, else by as much as they like.
void Faults::clock_rate() {
  Node* victim = anyone();
  if (victim == nullptr) return;
  world_.coverage().hit(Sometimes::kClockRate);
  const bool leases = world_.options().replica.core.lease_reads;
  const std::uint64_t rate = leases ? dice_.between(970, 1030) : dice_.between(500, 2000);
  note("clock rate", victim);
  victim->set_clock_rate(static_cast<std::uint32_t>(rate));
}

void Faults::disk_stall() {
  Node* victim = anyone();
  if (victim == nullptr) return;
  note("disk stall", victim);
  world_.coverage().hit(Sometimes::kDiskStall);
  victim->stall_disk(world_.now() + dice_.between(kSecond / 10, kStallMax));
}

void Faults::transfer() {
  Node* leader = world_.leader();
  if (leader == nullptr) return;
  note("transfer", leader);
  world_.coverage().hit(Sometimes::kTransfer);
  std::vector<Node*> all = world_.nodes();
  const raft::NodeId target = dice_.pick(all)->self();
  leader->transfer(dice_.percent(50) ? std::optional(target) : std::nullopt);
  const raft::NodeId id = leader->self();
  if (dice_.percent(40)) {
    // It asks its successor to go ahead, and hears no more.
    world_.queue().after(dice_.below(kSecond / 5), [this, id] {
      if (stopped_) return;
      world_.isolate(id);
      rejoin_later(id);
    });
  } else if (dice_.percent(50)) {
    deafen_when_offered(id, world_.now() + kSecond);
  }
}

/// For a while the network is much worse than usual.
void Faults::weather() {
  NetworkOptions bad = world_.options().network;
  bad.loss_permille = static_cast<std::uint32_t>(dice_.between(0, 400));
  bad.delay_typical = dice_.between(1, 300) * kMillisecond;
  bad.in_order = dice_.percent(30);
  note("bad weather", nullptr);
  world_.network().set_options(bad);
  world_.queue().after(dice_.between(kSecond / 5, 8 * kSecond), [this] {
    if (!stopped_) world_.network().set_options(world_.options().network);
  });
}

}  // namespace sim
