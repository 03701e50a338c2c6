// The log store's second implementation: in memory, with faults on demand.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "libraft/log/log_store.h"

namespace raft::testing {

/// Keeps what was appended, also when its node is gone: hand the same object to the next life, after
/// reopen(). Thread: any.
class MemoryLog final : public LogStore {
 public:
  [[nodiscard]] const LogState& opened() const override { return opened_; }
  [[nodiscard]] Result<void> append(const LogBatch& batch) override;
  [[nodiscard]] Result<std::vector<Entry>> read(Index first, Index last,
                                                std::size_t bytes_max) const override;
  [[nodiscard]] Result<void> truncate_prefix(EntryId base) override;

  /// What a process that starts now finds.
  void reopen();
  /// Every append from now on fails.
  void fail_appends();
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;  // guards everything below but opened_
  LogState opened_;
  HardState hard_state_;
  EntryId base_;
  std::vector<Entry> entries_;
  bool failing_ = false;
};

}  // namespace raft::testing
