// Keeping a node from starting while its files are read, and noticing that it runs.
#pragma once

#include <memory>
#include <string>

#include "libraft/base/result.h"

namespace raft {

/// Shared by readers, excluded by the node that owns the database, until destroyed. Changes nothing on disk.
class ReadLock {
 public:
  /// kUnavailable when a process has the database in `directory` open. A directory that was never opened has
  /// no LOCK file and needs no lock.
  static Result<std::unique_ptr<ReadLock>> take(const std::string& directory);
  explicit ReadLock(int fd) : fd_(fd) {}
  ~ReadLock();
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  const int fd_;  // -1: nothing to lock
};

}  // namespace raft
