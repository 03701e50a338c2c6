// The table of leases for one writer and many readers. The one file of this room with a lock, as
// libkv/mvcc/generation.h is of its: a copy for each batch, as the table of members has it, would cost too
// much for a hundred thousand leases.
#pragma once

#include <mutex>
#include <utility>

#include "libkv/lease/lease_table.h"

namespace kv {

/// What readers see is never older than the newest published view of the store, and may be newer by the
/// batch that is being applied. Thread: table() and change() belong to the apply thread, the rest to any.
class Leases {
 public:
  /// Only the apply thread changes it, so that this one may look without the lock.
  [[nodiscard]] const LeaseTable& table() const { return table_; }
  /// `work(LeaseTable&)`, under the lock: no I/O.
  template <class Work>
  auto change(const Work& work) {
    const std::lock_guard lock(mutex_);
    return work(table_);
  }
  /// `look(const LeaseTable&)`, under the lock.
  template <class Look>
  auto read(const Look& look) const {
    const std::lock_guard lock(mutex_);
    return look(table_);
  }
  /// Another state takes the place of this one.
  void replace(LeaseTable table) {
    const std::lock_guard lock(mutex_);
    std::swap(table_, table);
  }

 private:
  mutable std::mutex mutex_;  // guards table_ against its readers
  LeaseTable table_;
};

}  // namespace kv
