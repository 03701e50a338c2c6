#include "tests/support/memory_log.h"

#include <algorithm>

namespace raft::testing {

Result<void> MemoryLog::append(const LogBatch& batch) {
  std::lock_guard lock(mutex_);
  if (failing_) return fail(ErrorCode::kIo, "memory log", "told to fail");
  if (batch.hard_state) hard_state_ = *batch.hard_state;
  if (batch.entries.empty()) return {};
  const Index first = batch.entries.front().index;
  std::erase_if(entries_, [&](const Entry& entry) { return entry.index >= first; });
  entries_.insert(entries_.end(), batch.entries.begin(), batch.entries.end());
  return {};
}

Result<std::vector<Entry>> MemoryLog::read(Index first, Index last, std::size_t bytes_max) const {
  std::lock_guard lock(mutex_);
  std::vector<Entry> found;
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) {
    if (entry.index < first || entry.index > last) continue;
    bytes += entry.bytes().size();
    if (!found.empty() && bytes > bytes_max) break;
    found.push_back(entry);
  }
  if (found.empty()) return fail(ErrorCode::kNotFound, "memory log", "no such entries");
  return found;
}

Result<void> MemoryLog::truncate_prefix(EntryId base) {
  std::lock_guard lock(mutex_);
  const bool kept = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.index == base.index && entry.term == base.term;
  });
  std::erase_if(entries_, [&](const Entry& entry) { return !kept || entry.index <= base.index; });
  base_ = base;
  return {};
}

void MemoryLog::reopen() {
  std::lock_guard lock(mutex_);
  opened_ = {.hard_state = hard_state_,
             .base = base_,
             .last = entries_.empty() ? base_.index : entries_.back().index};
  for (const Entry& entry : entries_) {
    if (entry.type == EntryType::kConfiguration) {
      opened_.configurations.push_back({entry.index, decode_membership(entry.bytes()).value()});
    }
    opened_.payload_bytes += entry.bytes().size();
    if (opened_.runs.empty() || opened_.runs.back().term != entry.term) {
      opened_.runs.push_back({entry.index, entry.term});
    }
  }
}

void MemoryLog::fail_appends() {
  std::lock_guard lock(mutex_);
  failing_ = true;
}

std::size_t MemoryLog::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace raft::testing
