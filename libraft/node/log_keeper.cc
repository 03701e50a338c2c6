#include "libraft/node/log_keeper.h"

#include <algorithm>
#include <utility>

namespace raft {
namespace {

/// Pieces are at least this large, in one way or the other: a handful describes any log.
constexpr std::uint64_t kPieceBytes = 256U << 10U;
constexpr std::uint64_t kPieceEntries = 1024;

/// A member that takes this many times the usual for its snapshot is not waited for any longer.
constexpr std::uint64_t kPatience = 4;

}  // namespace

LogKeeper::LogKeeper(const CompactionOptions& options, Index base, Index applied, std::uint64_t bytes)
    : options_(options), base_(base) {
  if (applied > base) {
    pieces_.push_back({applied, bytes});
    bytes_ = bytes;
  }
}

void LogKeeper::given(Index last, std::size_t bytes) {
  bytes_ += bytes;
  const Index before = pieces_.size() < 2 ? base_ : pieces_[pieces_.size() - 2].last;
  const bool full = pieces_.empty() || pieces_.back().bytes >= kPieceBytes ||
                    pieces_.back().last - before >= std::min(kPieceEntries, options_.keep_entries + 1);
  if (full) pieces_.push_back({last, 0});
  pieces_.back().last = last;
  pieces_.back().bytes += bytes;
}

bool LogKeeper::due(Index applied) {
  if (asked_ || applied <= base_) return false;
  asked_ = applied - base_ >= options_.entries || bytes_ >= options_.bytes;
  return asked_;
}

std::optional<Index> LogKeeper::cut(Index synced, std::optional<Index> needed) {
  asked_ = false;
  if (pieces_.empty()) return std::nullopt;
  const Index newest = pieces_.back().last;
  std::uint64_t kept = 0;
  Index cut = newest;
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    const Index first = std::next(piece) == pieces_.rend() ? base_ : std::next(piece)->last;
    kept += piece->bytes;
    if (kept > options_.keep_bytes || newest - first > options_.keep_entries) break;
    cut = first;
  }
  cut = std::min(cut, synced);
  const bool patient = bytes_ < kPatience * options_.bytes && newest - base_ < kPatience * options_.entries;
  if (needed && patient) cut = std::min(cut, *needed);
  if (cut <= base_) return std::nullopt;
  drop_to(cut);
  return cut;
}

void LogKeeper::drop_to(Index base) {
  base_ = base;
  while (!pieces_.empty() && pieces_.front().last <= base) {
    bytes_ -= pieces_.front().bytes;
    pieces_.pop_front();
  }
}

void LogKeeper::reset(Index base) {
  drop_to(base);
  asked_ = false;
}

}  // namespace raft
