// What the core knows of its log: the term of every entry, as runs, and the newest entries themselves.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "libraft/core/types.h"

namespace raft {

/// The log from base (exclusive) to last. Terms never decrease along it, so a handful of runs describes any
/// length.
class LogView {
 public:
  LogView() = default;
  /// A log found on disk: nothing of it is in memory yet.
  LogView(EntryId base, Index last, std::vector<TermRun> runs);

  [[nodiscard]] EntryId base() const { return base_; }
  [[nodiscard]] EntryId last() const;
  /// The term of the entry at `index`; nothing before base or after last.
  [[nodiscard]] std::optional<Term> term_at(Index index) const;
  /// True when this log holds exactly that entry (§5.3: then everything before it is equal too). {0,0} always
  /// matches.
  [[nodiscard]] bool matches(EntryId id) const;
  /// The newest entry at or below `index` whose term is at most `term`; base when there is none.
  [[nodiscard]] EntryId newest_at_most(Index index, Term term) const;

  /// Appends at last + 1. The entries must be contiguous, of non-decreasing term.
  void append(const Entry& entry);
  /// Removes `first` and everything after it. Requires base < first.
  void truncate_from(Index first);

  /// Forgets everything up to and including `upto`, an entry of this log.
  void compact_to(Index upto);
  /// A snapshot that ends at `base` takes the place of the whole log.
  void reset(EntryId base);

  /// Entries [first, last] from memory, at least one, stopping before the payloads exceed bytes_max. Nothing
  /// when `first` is no longer in memory.
  [[nodiscard]] std::optional<std::vector<Entry>> cached(Index first, Index last,
                                                         std::size_t bytes_max) const;
  /// Drops the oldest entries from memory, none after `keep_after`, until they cost at most bytes_max.
  void trim_cache(Index keep_after, std::size_t bytes_max);
  [[nodiscard]] std::size_t cache_bytes() const { return cache_bytes_; }
  [[nodiscard]] const std::vector<TermRun>& runs() const { return runs_; }

 private:
  void drop_oldest();

  EntryId base_;
  Index last_;
  std::vector<TermRun> runs_;  // ascending by first and by term
  std::deque<Entry> cache_;    // contiguous, ends at last_ when not empty
  std::size_t cache_bytes_ = 0;
};

}  // namespace raft
