// The Env under both databases: LevelDB as Debian ships it, made safe (README.md in this folder says against
// what).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libraft/base/result.h"

namespace leveldb {
class Env;
}

namespace raft {

struct DiskOptions {
  /// Log files grow by this much at a time, so that a sync writes data and no metadata.
  std::size_t log_step_bytes = 4U << 20U;
  /// Free space below which nothing is written any more: room to stop cleanly and to be repaired.
  std::uint64_t reserve_bytes = 16U << 20U;
};

/// Files through pread and write, directory syncs, sync before a log file is closed, preallocated log files,
/// a reserve of free space, and a latch: after the first fault of any kind every call fails with it. Thread:
/// any. Must outlive the databases opened with it.
std::unique_ptr<leveldb::Env> make_disk_env(const DiskOptions& options);

}  // namespace raft
