// The Env under both databases in production: LevelDB as Debian ships it, made safe (README.md in this
// folder).
#pragma once

#include <cstdint>
#include <memory>

#include "libraft/disk/latch_env.h"

namespace raft {

struct DiskOptions {
  /// Log files grow by this much at a time, so that a sync writes data and no metadata.
  std::size_t log_step_bytes = 4U << 20U;
  /// Free space below which nothing is written any more: room to stop cleanly and to be repaired.
  std::uint64_t reserve_bytes = 16U << 20U;
};

/// Files through pread and write, directory syncs, preallocated log files and a reserve of free space, behind
/// the latch of LatchEnv. Thread: any. Must outlive the databases opened with it.
std::unique_ptr<LatchEnv> make_disk_env(const DiskOptions& options);

/// The same files without the latch: for reading, and to be wrapped.
std::unique_ptr<leveldb::Env> make_posix_env(const DiskOptions& options);

}  // namespace raft
