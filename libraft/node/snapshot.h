// The seam between a replica and the snapshots of its state machine (§7). The bytes are the state machine's
// business (libkv/snapshot); the replica carries them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "libraft/core/membership.h"
#include "libraft/core/types.h"

namespace raft {

/// What a state covers.
struct SnapshotInfo {
  EntryId last;                 ///< the newest entry whose effect is in it
  Configuration configuration;  ///< the newest configuration at or before `last`

  bool operator==(const SnapshotInfo&) const = default;
};

/// One consistent state being read as a stream of bytes, while the state machine goes on. The same state
/// gives the same bytes. Thread: one.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;

  [[nodiscard]] virtual const SnapshotInfo& info() const = 0;
  /// The next bytes, at most `bytes_max`; empty: that was all.
  [[nodiscard]] virtual Result<std::string> read(std::size_t bytes_max) = 0;
};

/// One state being built beside the one in use. Destroyed before it was installed, it leaves nothing behind.
/// Thread: one.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;

  /// The next bytes of the stream. kCorruption when they are no snapshot, kMismatch when it is of another
  /// cluster or a newer format; the sink is of no use after an error.
  [[nodiscard]] virtual Result<void> write(std::string_view bytes) = 0;
  /// That was all: verifies that the state is whole and makes it durable, beside the one in use.
  [[nodiscard]] virtual Result<SnapshotInfo> finish() = 0;
};

}  // namespace raft
