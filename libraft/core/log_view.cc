#include "libraft/core/log_view.h"

#include <algorithm>
#include <utility>

#include "libraft/base/check.h"

namespace raft {
namespace {

/// Memory that an entry holds: without the overhead, empty entries would never be trimmed.
std::size_t cost(const Entry& entry) {
  return entry.bytes().size() + sizeof(Entry);
}

}  // namespace

LogView::LogView(EntryId base, Index last, std::vector<TermRun> runs)
    : base_(base), last_(last), runs_(std::move(runs)) {
  RAFT_CHECK(base_.index <= last_);
  RAFT_CHECK(runs_.empty() == (base_.index == last_));
  RAFT_CHECK(runs_.empty() || runs_.front().first == base_.index.next());
}

EntryId LogView::last() const {
  return runs_.empty() ? base_ : EntryId{last_, runs_.back().term};
}

std::optional<Term> LogView::term_at(Index index) const {
  if (index == base_.index) return base_.term;
  if (index < base_.index || index > last_) return std::nullopt;
  auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                [](Index wanted, const TermRun& run) { return wanted < run.first; });
  return std::prev(after)->term;
}

bool LogView::matches(EntryId id) const {
  return id == EntryId{} || term_at(id.index) == std::optional<Term>(id.term);
}

EntryId LogView::newest_at_most(Index index, Term term) const {
  Index candidate = std::min(index, last_);
  for (auto run = runs_.rbegin(); run != runs_.rend(); ++run) {
    if (run->term <= term && run->first <= candidate) return {candidate, run->term};
    candidate = std::min(candidate, run->first.previous());
  }
  return base_;
}

void LogView::append(const Entry& entry) {
  RAFT_CHECK(entry.index == last_.next());
  RAFT_CHECK(entry.term >= last().term);
  if (runs_.empty() || runs_.back().term != entry.term) runs_.push_back({entry.index, entry.term});
  last_ = entry.index;
  cache_bytes_ += cost(entry);
  cache_.push_back(entry);
}

void LogView::truncate_from(Index first) {
  RAFT_CHECK(first > base_.index);
  if (first > last_) return;
  while (!cache_.empty() && cache_.back().index >= first) {
    cache_bytes_ -= cost(cache_.back());
    cache_.pop_back();
  }
  while (!runs_.empty() && runs_.back().first >= first) runs_.pop_back();
  last_ = first.previous();
}

void LogView::compact_to(Index upto) {
  const auto term = term_at(upto);
  RAFT_CHECK(term.has_value());
  base_ = {upto, *term};
  while (!runs_.empty() && (runs_.size() > 1 ? runs_[1].first.previous() : last_) <= upto) {
    runs_.erase(runs_.begin());
  }
  if (!runs_.empty()) runs_.front().first = std::max(runs_.front().first, upto.next());
  while (!cache_.empty() && cache_.front().index <= upto) drop_oldest();
}

void LogView::reset(EntryId base) {
  *this = LogView(base, base.index, {});
}

void LogView::drop_oldest() {
  cache_bytes_ -= cost(cache_.front());
  cache_.pop_front();
}

std::optional<std::vector<Entry>> LogView::cached(Index first, Index last, std::size_t bytes_max) const {
  RAFT_CHECK(first <= last && last <= last_);
  if (cache_.empty() || first < cache_.front().index) return std::nullopt;
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  const std::size_t begin = first - cache_.front().index;
  const std::size_t end = (last - cache_.front().index) + 1;
  for (std::size_t i = begin; i < end; ++i) {
    bytes += cache_[i].bytes().size();
    if (i > begin && bytes > bytes_max) break;
    entries.push_back(cache_[i]);
  }
  return entries;
}

void LogView::trim_cache(Index keep_after, std::size_t bytes_max) {
  while (cache_bytes_ > bytes_max && !cache_.empty() && cache_.front().index <= keep_after) {
    drop_oldest();
  }
}

}  // namespace raft
