// The durable log and hard state of one member, in LevelDB (FORMAT.md in this folder).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/core/membership.h"
#include "libraft/core/types.h"

namespace leveldb {
class Env;
}

namespace raft {

/// Everything that one persist step makes durable, in one synced write. Parts that are absent stay as they
/// are.
struct LogBatch {
  std::optional<HardState> hard_state;
  /// Contiguous. If the first one's index is not last+1, everything from it on is replaced (§5.3).
  std::vector<Entry> entries;

  [[nodiscard]] bool empty() const { return !hard_state && entries.empty(); }
};

/// What open found.
struct LogState {
  HardState hard_state;
  EntryId base;  ///< the entry before the first kept one; {0,0} for a log never truncated in front
  Index last;    ///< base.index when the log is empty
  std::vector<TermRun> runs;                  ///< ascending; empty when the log is empty
  std::vector<Configuration> configurations;  ///< of its configuration entries, ascending
  std::uint64_t payload_bytes = 0;
};

/// Thread: one writer thread calls append and truncate_prefix; read may be called from any thread.
class LogStore {
 public:
  virtual ~LogStore() = default;

  /// What the log held when it was opened.
  [[nodiscard]] virtual const LogState& opened() const = 0;

  /// Durable when it returns OK. Any error is final: the store refuses everything after it (a failed fsync is
  /// never retried) and the node must stop taking part.
  [[nodiscard]] virtual Result<void> append(const LogBatch& batch) = 0;

  /// Entries from `first` to at most `last`, at least one, stopping before the payloads exceed `bytes_max`.
  /// Each is verified (checksum, index, term, hash chain). Requires base < first <= last <= last entry.
  [[nodiscard]] virtual Result<std::vector<Entry>> read(Index first, Index last,
                                                        std::size_t bytes_max) const = 0;

  /// Forgets everything up to and including `base`, which must be applied and durable in the state machine.
  /// When `base` is not an entry of this log (a snapshot came from elsewhere), the whole log goes.
  [[nodiscard]] virtual Result<void> truncate_prefix(EntryId base) = 0;
};

struct LogOptions {
  leveldb::Env* env = nullptr;  ///< not owned; the hardened Env in production, a fault-injecting one in tests
  std::string path;             ///< <data-dir>/wal
  /// Where a new log begins: the entry before its first. A cluster's initial members agree on {1, 1}, the
  /// entry that founded it and is in no log, so that whoever comes later and has nothing is sent a state.
  EntryId first_base;
  /// Bytes that LevelDB gathers before it writes a table; a log file grows to about as much.
  std::size_t write_buffer_bytes = 32U << 20U;
};

/// Opens or creates. Cuts a torn, never-acknowledged tail; damage before it is kCorruption with its place,
/// and nothing is changed.
Result<std::unique_ptr<LogStore>> open_log_store(const LogOptions& options);

}  // namespace raft
