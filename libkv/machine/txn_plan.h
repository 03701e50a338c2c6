// What a Txn will do, decided on the state before it: which branches run, and whether one of their steps is
// refused (contract section 2.5). After a plan was made, executing it cannot fail but for the disk.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/mvcc/read_view.h"

namespace kv {

/// The state before the Txn: a view for a read-only one, the store for one that comes from the log.
class TxnReader {
 public:
  virtual ~TxnReader() = default;
  [[nodiscard]] virtual std::expected<RangeResult, ReadFault> range(const RangeOp& op) const = 0;
  [[nodiscard]] virtual std::int64_t revision() const = 0;
  [[nodiscard]] virtual std::int64_t compacted_revision() const = 0;
  /// Whether a key may be attached to it; 0 is none.
  [[nodiscard]] virtual bool lease_exists(std::int64_t lease) const = 0;
};

/// Whether each Txn that runs succeeded, the outer one first, then depth first in the order of the steps.
using TxnPath = std::vector<bool>;

/// The branch that runs.
const std::vector<Op>& branch_of(const TxnOp& txn, bool succeeded);
std::vector<Op>& branch_of(TxnOp& txn, bool succeeded);

std::expected<TxnPath, ReadFault> plan_txn(const TxnReader& reader, const TxnOp& txn);

}  // namespace kv
