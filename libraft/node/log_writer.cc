#include "libraft/node/log_writer.h"

#include <iterator>
#include <utility>

namespace raft {
namespace {

constexpr std::size_t kWritesMax = 1U << 20U;

}  // namespace

void merge(LogBatch& batch, Persist&& persist) {
  if (persist.hard_state) batch.hard_state = persist.hard_state;
  if (persist.entries.empty()) return;
  const Index first = persist.entries.front().index;
  while (!batch.entries.empty() && batch.entries.back().index >= first) batch.entries.pop_back();
  batch.entries.insert(batch.entries.end(), std::make_move_iterator(persist.entries.begin()),
                       std::make_move_iterator(persist.entries.end()));
}

LogWriter::LogWriter(LogStore& log, const std::atomic<bool>& halted, Events events)
    : log_(log), halted_(halted), events_(std::move(events)), queue_(kWritesMax) {}

/// Everything that queued, in one synced write; a new base of the log in between is a write of its own.
Result<void> LogWriter::write(std::vector<Persist>& persists) {
  LogBatch batch;
  for (Persist& persist : persists) {
    if (persist.base) {
      if (persist.hard_state) batch.hard_state = std::exchange(persist.hard_state, std::nullopt);
      RETURN_IF_ERROR(log_.append(std::exchange(batch, {})));
      RETURN_IF_ERROR(log_.truncate_prefix(*persist.base));
    }
    merge(batch, std::move(persist));
  }
  return log_.append(batch);
}

void LogWriter::run() {
  std::vector<Persist> persists;
  while (queue_.pop_all(persists)) {
    if (halted_.load(std::memory_order_relaxed)) continue;
    const std::uint64_t sequence = persists.back().sequence;
    if (auto written = write(persists); !written) {
      events_.failed(written.error());
      continue;
    }
    batches_.fetch_add(1, std::memory_order_relaxed);
    events_.persisted(sequence);
  }
}

}  // namespace raft
