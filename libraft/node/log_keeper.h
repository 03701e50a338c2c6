// When the log is shortened, and how much of it stays for members that lag (§7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "libraft/core/types.h"
#include "libraft/node/options.h"

namespace raft {

/// Counts what the log holds, in coarse pieces.
class LogKeeper {
 public:
  /// A log that holds `bytes` of payload from `base` (exclusive) to `applied`.
  LogKeeper(const CompactionOptions& options, Index base, Index applied, std::uint64_t bytes);

  /// Entries up to `last`, of `bytes` payload, were given to the state machine.
  void given(Index last, std::size_t bytes);
  /// True when the log is over its limit and the state machine should be made durable, so that it can be cut.
  /// Once: until `cut` answers.
  bool due(Index applied);
  /// The state machine is durable up to `synced`: the entry up to which the log may go, keeping its tail.
  /// `needed`: entries behind this one will be asked for, so they stay, unless the log grows beyond all
  /// measure.
  std::optional<Index> cut(Index synced, std::optional<Index> needed);
  /// A state took the place of everything up to `base`.
  void reset(Index base);

 private:
  struct Piece {
    Index last;
    std::uint64_t bytes = 0;
  };

  void drop_to(Index base);

  const CompactionOptions options_;
  Index base_;
  std::deque<Piece> pieces_;  // ascending
  std::uint64_t bytes_ = 0;
  bool asked_ = false;
};

}  // namespace raft
