#include "tests/sim/run/options.h"

#include <sstream>

#include "tests/sim/world/dice.h"

namespace sim {
namespace {

constexpr std::uint64_t kOptionsConcern = 1000;

std::uint32_t narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

void draw_replica(SimOptions& options, Dice& dice) {
  raft::ReplicaOptions& replica = options.replica;
  replica.core.election_ticks = narrow(dice.between(10, 25));
  replica.core.election_jitter_ticks = narrow(dice.between(5, 20));
  replica.core.heartbeat_ticks = narrow(dice.between(1, replica.core.election_ticks / 5));
  replica.core.append_bytes_max = dice.percent(50) ? dice.between(64, 1024) : 1U << 20U;
  replica.core.inflight_messages_max = dice.between(1, 16);
  replica.core.inflight_bytes_max = replica.core.append_bytes_max * dice.between(1, 4);
  replica.core.cache_bytes_max = dice.percent(50) ? dice.between(0, 2048) : 1U << 20U;
  replica.core.caught_up_entries = dice.between(1, 50);
  replica.core.disk_stall_ticks = dice.percent(50) ? 2 * replica.core.election_ticks : 0;
  replica.core.lease_reads = dice.percent(35);
  replica.held_ticks_max = narrow(dice.between(5, 100));
  replica.read_retry_ticks = narrow(dice.between(5, 60));
  replica.applying_bytes_max = dice.percent(50) ? dice.between(64, 4096) : 1U << 20U;
  replica.compaction.entries = dice.percent(70) ? dice.between(5, 100) : 1000;
  replica.compaction.keep_entries = dice.between(0, replica.compaction.entries / 2);
  replica.snapshots.chunk_bytes = dice.between(32, 2048);
  replica.snapshots.window_chunks = dice.between(1, 8);
  replica.snapshots.bytes_per_tick = dice.between(1024, 1U << 16U);
  replica.snapshots.resend_ticks = narrow(dice.between(2, 20));
  replica.snapshots.give_up_ticks = narrow(dice.between(50, 200));
}

void draw_network(NetworkOptions& network, Dice& dice) {
  network.delay_min = dice.between(50, 500);
  network.delay_typical = dice.percent(60) ? dice.between(500, 5000) : dice.between(5, 80) * kMillisecond;
  if (dice.percent(50)) network.loss_permille = narrow(dice.between(1, 150));
  if (dice.percent(40)) network.duplicate_permille = narrow(dice.between(1, 100));
  if (dice.percent(40)) network.replay_permille = narrow(dice.between(1, 30));
  network.in_order = dice.percent(50);
}

/// Half of the faults, each at its own rate.
void draw_faults(FaultOptions& faults, Dice& dice) {
  const auto maybe = [&dice](Micros fast, Micros slow) -> Micros {
    return dice.percent(55) ? dice.between(fast, slow) : 0;
  };
  faults.crash = maybe(2 * kSecond, 20 * kSecond);
  faults.crash_in_disk_call = maybe(2 * kSecond, 20 * kSecond);
  faults.disk_error = maybe(5 * kSecond, 40 * kSecond);
  faults.partition = maybe(3 * kSecond, 20 * kSecond);
  faults.pause = maybe(3 * kSecond, 20 * kSecond);
  faults.clock_rate = maybe(5 * kSecond, 20 * kSecond);
  faults.disk_stall = maybe(5 * kSecond, 20 * kSecond);
  faults.transfer = maybe(3 * kSecond, 15 * kSecond);
  faults.weather = maybe(5 * kSecond, 20 * kSecond);
  faults.membership = maybe(4 * kSecond, 20 * kSecond);
}

}  // namespace

SimOptions calm_options(std::uint64_t seed) {
  SimOptions options;
  options.seed = seed;
  options.replica.seed = seed;
  options.replica.core.election_ticks = 20;
  options.replica.core.election_jitter_ticks = 20;
  options.replica.core.heartbeat_ticks = 4;
  options.replica.core.disk_stall_ticks = 0;
  options.replica.held_ticks_max = 60;
  options.replica.read_retry_ticks = 20;
  options.replica.snapshots.chunk_bytes = 512;
  options.replica.snapshots.resend_ticks = 10;
  options.replica.snapshots.give_up_ticks = 100;
  options.replica.snapshots.bytes_per_tick = 1U << 16U;
  return options;
}

SimOptions options_of_seed(std::uint64_t seed) {
  Dice dice(seed, kOptionsConcern);
  SimOptions options = calm_options(seed);
  static constexpr std::uint32_t kSizes[] = {1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 7};
  options.members = dice.pick(kSizes);
  options.duration = dice.between(20, 90) * kSecond;
  options.tick = dice.between(20, 60) * kMillisecond;
  draw_replica(options, dice);
  options.wal_buffer_bytes = dice.percent(50) ? 64U << 10U : 4U << 20U;
  options.write_typical = dice.percent(70) ? dice.between(200, 5000) : dice.between(10, 200) * kMillisecond;
  options.apply_typical = dice.percent(70) ? dice.between(50, 1000) : dice.between(5, 100) * kMillisecond;
  draw_network(options.network, dice);
  options.load.clients = narrow(dice.between(1, 6));
  options.load.keys = narrow(dice.between(1, 6));
  options.load.value_bytes = narrow(dice.percent(80) ? dice.between(8, 64) : dice.between(500, 3000));
  options.load.think = dice.between(20, 400) * kMillisecond;
  options.load.timeout = dice.between(1, 3) * options.election();
  options.load.compact_history = dice.percent(50);
  draw_faults(options.faults, dice);
  if (dice.percent(60)) options.load.lease_holders = narrow(dice.between(1, 4));
  options.load.lease_think = dice.between(100, 1500) * kMillisecond;
  if (dice.percent(60)) options.load.lease_checkpoints = dice.between(1, 5) * kSecond;
  options.priorities = dice.percent(40);
  if (dice.percent(40)) options.faults.echo = dice.between(4, 15) * kSecond;
  if (dice.percent(20)) options.load.session_clients = narrow(dice.between(1, 6));
  options.load.session_think = dice.between(50, 800) * kMillisecond;
  options.load.session_retry = dice.between(100, 2000) * kMillisecond;
  if (dice.percent(50)) options.sessions.sessions_max = dice.between(1, 8);
  if (dice.percent(30)) options.sessions.sequences_max = dice.between(1, 8);
  if (dice.percent(20)) options.sessions.result_bytes_max = dice.between(8, 40);
  if (dice.percent(70)) options.load.watchers = narrow(dice.between(1, 5));
  options.load.watch_think = dice.between(10, 400) * kMillisecond;
  if (dice.percent(35)) options.load.auth_clients = narrow(dice.between(1, 4));
  options.load.auth_think = dice.between(50, 600) * kMillisecond;
  return options;
}

std::string describe(const SimOptions& o) {
  const raft::CoreOptions& core = o.replica.core;
  std::ostringstream out;
  out << "seed=" << o.seed << " members=" << o.members << " duration_s=" << o.duration / kSecond
      << " tick_us=" << o.tick << "\n"
      << "core: election_ticks=" << core.election_ticks << "+" << core.election_jitter_ticks
      << " heartbeat_ticks=" << core.heartbeat_ticks << " append_bytes_max=" << core.append_bytes_max
      << " inflight=" << core.inflight_messages_max << "/" << core.inflight_bytes_max
      << " cache_bytes_max=" << core.cache_bytes_max << " caught_up_entries=" << core.caught_up_entries
      << " disk_stall_ticks=" << core.disk_stall_ticks << " lease_reads=" << core.lease_reads
      << " priorities=" << o.priorities << "\n"
      << "replica: held_ticks_max=" << o.replica.held_ticks_max
      << " read_retry_ticks=" << o.replica.read_retry_ticks
      << " applying_bytes_max=" << o.replica.applying_bytes_max
      << " compaction=" << o.replica.compaction.entries << "-" << o.replica.compaction.keep_entries
      << " snapshot_chunk=" << o.replica.snapshots.chunk_bytes << "x" << o.replica.snapshots.window_chunks
      << " bytes_per_tick=" << o.replica.snapshots.bytes_per_tick << "\n"
      << "disk: wal_buffer_bytes=" << o.wal_buffer_bytes << " write_us=" << o.write_typical
      << " apply_us=" << o.apply_typical << "\n"
      << "network: delay_us=" << o.network.delay_min << "+" << o.network.delay_typical
      << " loss=" << o.network.loss_permille << " duplicate=" << o.network.duplicate_permille
      << " replay=" << o.network.replay_permille << " (permille) in_order=" << o.network.in_order << "\n"
      << "load: clients=" << o.load.clients << " keys=" << o.load.keys
      << " value_bytes=" << o.load.value_bytes << " think_us=" << o.load.think
      << " timeout_us=" << o.load.timeout << " compact_history=" << o.load.compact_history
      << " lease_holders=" << o.load.lease_holders << " lease_think_us=" << o.load.lease_think
      << " lease_checkpoints_us=" << o.load.lease_checkpoints << " watchers=" << o.load.watchers
      << " watch_think_us=" << o.load.watch_think << " auth_clients=" << o.load.auth_clients
      << " auth_think_us=" << o.load.auth_think << "\n"
      << "sessions: clients=" << o.load.session_clients << " think_us=" << o.load.session_think
      << " retry_us=" << o.load.session_retry << " sessions_max=" << o.sessions.sessions_max
      << " sequences_max=" << o.sessions.sequences_max << " result_bytes_max=" << o.sessions.result_bytes_max
      << "\n"
      << "faults, mean us between two: crash=" << o.faults.crash
      << " crash_in_disk_call=" << o.faults.crash_in_disk_call << " disk_error=" << o.faults.disk_error
      << " partition=" << o.faults.partition << " pause=" << o.faults.pause
      << " clock_rate=" << o.faults.clock_rate << " disk_stall=" << o.faults.disk_stall
      << " transfer=" << o.faults.transfer << " weather=" << o.faults.weather
      << " membership=" << o.faults.membership << " echo=" << o.faults.echo << "\n";
  return out.str();
}

}  // namespace sim
