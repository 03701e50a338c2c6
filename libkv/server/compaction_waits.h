// Who waits until compacted records are deleted (Compact with `physical`, contract section 2.6).
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "libkv/server/server.h"

namespace kv {

/// Thread: any. Bounded by the calls under way, which hold what waits here.
class CompactionWaits {
 public:
  /// `done` is called by the next release() or stop(); at once when stopped.
  void add(CompactionDone done) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopped_) return waiting_.push_back(std::move(done));
    }
    done(std::unexpected(ServerError::kStopped));
  }
  /// Everything that was due is deleted.
  void release() {
    for (const CompactionDone& done : take()) done({});
  }
  /// Nothing more will be deleted here. Idempotent.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    for (const CompactionDone& done : take()) done(std::unexpected(ServerError::kStopped));
  }

 private:
  std::vector<CompactionDone> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

  std::mutex mutex_;  // guards what follows
  std::vector<CompactionDone> waiting_;
  bool stopped_ = false;
};

}  // namespace kv
