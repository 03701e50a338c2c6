// The store as it was after one applied batch, readable from any thread without a lock while writes go on.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>

#include "libkv/mvcc/change.h"
#include "libkv/mvcc/range.h"
#include "libraft/base/result.h"

namespace kv {

/// A store-level refusal, or a fault of the disk underneath.
struct ReadFault {
  std::optional<KvError> refused;     ///< set: the answer is this refusal
  std::optional<raft::Error> broken;  ///< set: the disk gave wrong bytes or none; the node must stop serving
};

/// HashKV's answer (contract section 7.2).
struct HistoryHash {
  std::uint32_t hash = 0;
  std::int64_t compacted = 0;  ///< the compacted revision that it was computed with
  std::int64_t revision = 0;   ///< up to which, inclusive
};

/// Cheap to copy; holds the versions it can see alive until it is dropped, so drop it soon.
/// Thread: any.
class ReadView {
 public:
  class Impl;
  explicit ReadView(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  /// The newest revision in this view; 1 for an empty store.
  [[nodiscard]] std::int64_t revision() const;
  /// -1 before the first compaction.
  [[nodiscard]] std::int64_t compacted_revision() const;
  /// Contract section 2.2, in full. Counts in O(log n) at the newest revision.
  [[nodiscard]] std::expected<RangeResult, ReadFault> range(const RangeOp& op) const;
  /// The same without counting: `count` is 0. With a limit it costs no more than what it gives, at any
  /// revision: for reading a range page by page.
  [[nodiscard]] std::expected<RangeResult, ReadFault> page(const RangeOp& op) const;
  /// Over the history up to `revision` (0: the newest; negative: over nothing), value for value as etcd
  /// computes it. Reads all of it from disk, with no lock held; nothing when `give_up` said so, which is
  /// asked now and then.
  [[nodiscard]] std::expected<std::optional<HistoryHash>, ReadFault> hash(
      std::int64_t revision, const std::function<bool()>& give_up) const;

  /// The changes of `op.from` to `op.to` or a part of them, from disk. kCompacted below the compacted
  /// revision; at it, what is compacted is missing.
  [[nodiscard]] std::expected<ChangesResult, ReadFault> changes(const ChangesOp& op) const;

 private:
  std::shared_ptr<const Impl> impl_;  // shared by every copy of the view
};

}  // namespace kv
