// The newest revisions in memory, for watchers that are a little late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "libkv/watch/event.h"

namespace kv {

/// Contiguous revisions, up to the newest that was applied. Bounded in bytes.
class Ring {
 public:
  explicit Ring(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Forgets everything; the next revision to come is `next`.
  void restart(std::int64_t next);
  /// Adds the revision behind all others.
  const RevisionEvents& push(RevisionEvents revision, bool with_previous);
  /// Drops the oldest ones, perhaps all, to stay in bounds.
  void trim();

  /// The oldest revision that is there; next() when none is.
  [[nodiscard]] std::int64_t first() const { return next() - static_cast<std::int64_t>(revisions_.size()); }
  [[nodiscard]] std::int64_t next() const { return next_; }
  /// Whether all from `from` on are there, with what was before if `with_previous`.
  [[nodiscard]] bool covers(std::int64_t from, bool with_previous) const {
    return from >= first() && (!with_previous || from >= first_with_previous_);
  }
  /// Requires covers(revision) and revision < next().
  [[nodiscard]] const RevisionEvents& at(std::int64_t revision) const {
    return revisions_[static_cast<std::size_t>(revision - first())];
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t bytes_max_;
  std::deque<RevisionEvents> revisions_;
  std::int64_t next_ = 0;
  std::int64_t first_with_previous_ = 0;  // from here on events say what was before
  std::size_t bytes_ = 0;
};

}  // namespace kv
