#include "libraft/node/applier.h"

#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "libraft/base/check.h"

namespace raft {
namespace {

constexpr std::size_t kAppliesMax = 1U << 20U;

}  // namespace

Applier::Applier(StateMachine& machine, SnapshotDesk& desk, const std::atomic<bool>& halted, Events events,
                 LogSink log)
    : machine_(machine),
      desk_(desk),
      halted_(halted),
      events_(std::move(events)),
      log_(std::move(log)),
      queue_(kAppliesMax),
      applied_(machine.applied().index.value()) {}

Result<void> Applier::apply(std::vector<Entry>& entries) {
  if (entries.empty()) return {};
  RETURN_IF_ERROR(machine_.apply(entries));
  applied_.store(entries.back().index.value(), std::memory_order_release);
  batches_.fetch_add(1, std::memory_order_relaxed);
  entries.clear();
  return {};
}

Result<void> Applier::install(TransferId transfer) {
  auto received = desk_.take_finished(transfer);
  RAFT_CHECK(received != nullptr);
  RETURN_IF_ERROR(machine_.install(std::move(received)));
  const EntryId applied = machine_.applied();
  applied_.store(applied.index.value(), std::memory_order_release);
  log_(LogLevel::kInfo, "event=snapshot-installed index=" + std::to_string(applied.index.value()) +
                            " term=" + std::to_string(applied.term.value()));
  return {};
}

void Applier::serve_reads() {
  const Index done = applied();
  std::erase_if(waiting_, [&](const ReadyReads& reads) {
    if (reads.index > done) return false;
    events_.reads_ready(reads.tickets);
    return true;
  });
}

/// What is neither entries nor reads.
Result<void> Applier::carry_out(ApplyItem& item) {
  if (const auto* state = std::get_if<InstallState>(&item)) return install(state->transfer);
  RETURN_IF_ERROR(machine_.sync());
  events_.synced(applied());
  return {};
}

/// In order; entries that follow each other are applied together.
void Applier::take(std::vector<ApplyItem>& items) {
  std::vector<Entry> entries;
  Result<void> done;
  for (ApplyItem& item : items) {
    if (auto* reads = std::get_if<ReadyReads>(&item)) {
      waiting_.push_back(std::move(*reads));
      continue;
    }
    if (auto* batch = std::get_if<std::vector<Entry>>(&item)) {
      entries.insert(entries.end(), std::make_move_iterator(batch->begin()),
                     std::make_move_iterator(batch->end()));
      continue;
    }
    done = apply(entries);
    if (done) done = carry_out(item);
    if (!done) break;
  }
  if (done) done = apply(entries);
  if (!done) events_.failed(done.error());
}

void Applier::run() {
  std::vector<ApplyItem> items;
  bool more_background = true;
  for (;;) {
    const bool open = more_background ? queue_.pop_all_until(items, std::chrono::steady_clock::now())
                                      : queue_.pop_all(items);
    if (!open) return;
    if (halted_.load(std::memory_order_relaxed)) {
      more_background = false;
      continue;
    }
    if (items.empty()) {
      auto more = machine_.background_work();
      if (!more) events_.failed(more.error());
      more_background = more && *more;
      continue;
    }
    take(items);
    more_background = true;
    serve_reads();
  }
}

}  // namespace raft
