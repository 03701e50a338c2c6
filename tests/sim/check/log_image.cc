#include "tests/sim/check/log_image.h"

#include <algorithm>

namespace sim {

void LogImage::cut_from(raft::Index first) {
  while (!runs_.empty() && runs_.back().first >= first) runs_.pop_back();
  last_ = std::min(last_, first.previous());
}

void LogImage::append(const raft::LogBatch& batch) {
  if (batch.hard_state) hard_state_ = *batch.hard_state;
  for (const raft::Entry& entry : batch.entries) {
    if (entry.index <= last_) cut_from(entry.index);
    if (runs_.empty() || runs_.back().term != entry.term) runs_.push_back({entry.index, entry.term});
    last_ = entry.index;
  }
}

void LogImage::truncate_prefix(raft::EntryId base) {
  const bool kept = term_at(base.index) == std::optional<raft::Term>(base.term) && last_ > base.index;
  base_ = base;
  if (!kept) {
    runs_.clear();
    last_ = base.index;
    return;
  }
  const raft::Index first = base.index.next();
  const auto next = std::find_if(runs_.begin(), runs_.end(),
                                 [first](const raft::TermRun& run) { return run.first > first; });
  if (next != runs_.begin()) {
    runs_.erase(runs_.begin(), next - 1);
    runs_.front().first = std::max(runs_.front().first, first);
  }
}

std::optional<raft::Term> LogImage::term_at(raft::Index index) const {
  if (index == base_.index) return base_.term;
  if (index < base_.index || index > last_) return std::nullopt;
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if (run->first <= index) return run->term;
  }
  return std::nullopt;
}

std::string LogImage::text() const {
  std::string out = "base " + std::to_string(base_.index.value()) + "@" + std::to_string(base_.term.value());
  for (const raft::TermRun& run : runs_) {
    out += ", " + std::to_string(run.first.value()) + "@" + std::to_string(run.term.value());
  }
  out += ", last " + std::to_string(last_.value()) + "; term " + std::to_string(hard_state_.term.value());
  if (hard_state_.voted_for) out += " voted for " + std::to_string(hard_state_.voted_for->value());
  return out;
}

}  // namespace sim
