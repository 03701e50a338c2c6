// Fail-stop: the first fault of a disk is remembered, and everything after it fails too (reliability.md, rule
// R1).
#pragma once

#include <leveldb/status.h>

#include <atomic>
#include <mutex>

#include "libraft/base/mutant.h"

namespace raft {

/// LevelDB goes on after a failed append and acknowledges what it then loses (finding F1); this stops it.
/// Thread: any.
class Latch {
 public:
  /// The first fault, or OK.
  [[nodiscard]] leveldb::Status status() const {
    if (!failed_.load(std::memory_order_acquire)) return leveldb::Status::OK();
    std::lock_guard lock(mutex_);
    return first_;
  }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }

  /// Passes `status` on, after remembering it when it is the first fault. A missing file is no fault.
  leveldb::Status pass(leveldb::Status status) {
    if (status.ok() || status.IsNotFound() || RAFT_MUTANT(kGoOnAfterError)) return status;
    std::lock_guard lock(mutex_);
    if (!failed_.load(std::memory_order_relaxed)) {
      first_ = status;
      failed_.store(true, std::memory_order_release);
    }
    return status;
  }

 private:
  std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;  // guards first_
  leveldb::Status first_;
};

}  // namespace raft
