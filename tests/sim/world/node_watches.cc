// The watches of one member, as libkv/server/watch_desk.cc has them, in virtual time.
#include <optional>
#include <utility>

#include "tests/sim/world/node.h"

namespace sim {
namespace {

constexpr Micros kWatchTick = 50 * kMillisecond;
/// Slices of history between two looks for what was applied meanwhile.
constexpr int kSlicesAtOnce = 4;

}  // namespace

/// Everything is as small as can be, so that watches fall behind all the time.
void Node::open_watches() {
  kv::HubOptions options;
  options.limits.stream_bytes_max = options.limits.stream_bytes_min = watch_dice_.between(50, 2000);
  options.limits.ring_bytes_max = watch_dice_.below(4000);
  options.limits.slice_revisions_max = watch_dice_.between(1, 20);
  options.limits.slice_bytes_max = watch_dice_.between(1, 2000);
  options.progress_interval = std::chrono::milliseconds(watch_dice_.between(100, 5000));
  options.election_timeout = std::chrono::milliseconds(around_.options.election() / kMillisecond);
  options.seed = watch_dice_.next();
  const kv::ReadView view = machine_->view();
  hub_.emplace(options, view.revision(), view.compacted_revision());
  later(kWatchTick, [this] { tick_watches(); });
}

void Node::tell_watches() {
  const kv::ReadView view = machine_->view();
  hub_->applied({.revision = view.revision(),
                 .compacted = view.compacted_revision(),
                 .collected = machine_->take_changes()});
  touch_watches();
}

void Node::touch_watches() {
  if (std::exchange(watches_due_, true)) return;
  later(watch_dice_.long_tailed(kMillisecond), [this] { work_on_watches(); });
}

void Node::work_on_watches() {
  watches_due_ = false;
  bool more = true;
  for (int slices = 0; more && slices < kSlicesAtOnce; ++slices) more = hub_->work();
  if (const auto op = hub_->take_read()) {
    around_.coverage.hit(Sometimes::kWatchReadFromDisk);
    later(watch_dice_.long_tailed(5 * kMillisecond), [this, op = *op] { read_for_watches(op); });
  }
  if (more) touch_watches();
}

void Node::read_for_watches(const kv::ChangesOp& op) {
  std::optional<kv::ReadView> view = machine_->view();
  kv::HistoryRead read = view->changes(op);
  const std::int64_t compacted = view->compacted_revision();
  view.reset();  // it keeps the state open, whose disk goes with a crash
  if (!survives({})) return;
  hub_->history(std::move(read), compacted);
  touch_watches();
}

void Node::tick_watches() {
  hub_->tick(keeper_time(), replica_->status().leader.has_value());
  touch_watches();
  later(kWatchTick, [this] { tick_watches(); });
}

}  // namespace sim
