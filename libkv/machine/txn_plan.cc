#include "libkv/machine/txn_plan.h"

#include <algorithm>
#include <compare>

#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/key_range.h"
#include "libraft/base/mutant.h"

namespace kv {
namespace {

using Checked = std::expected<void, ReadFault>;

/// An unknown target compares as equal, whatever the key holds.
std::strong_ordering ordering(const Compare& compare, const KeyValue& kv) {
  switch (compare.target) {
    case Compare::Target::kVersion:
      return kv.version <=> compare.number;
    case Compare::Target::kCreate:
      return kv.create_revision <=> compare.number;
    case Compare::Target::kMod:
      return kv.mod_revision <=> compare.number;
    case Compare::Target::kValue:
      return kv.value <=> compare.value;
    case Compare::Target::kLease:
      return kv.lease <=> compare.number;
  }
  return std::strong_ordering::equal;
}

/// An unknown result is true.
bool holds(const Compare& compare, const KeyValue& kv) {
  const auto order = ordering(compare, kv);
  switch (compare.result) {
    case Compare::Result::kEqual:
      return order == 0;
    case Compare::Result::kGreater:
      return order > 0;
    case Compare::Result::kLess:
      return order < 0;
    case Compare::Result::kNotEqual:
      return order != 0;
  }
  return true;
}

std::expected<bool, ReadFault> evaluate(const TxnReader& reader, const Compare& compare) {
  const bool by_value = compare.target == Compare::Target::kValue;
  RangeOp op;
  op.key = compare.key;
  op.range_end = compare.range_end;
  op.keys_only = !by_value;
  const auto found = reader.range(op);
  if (!found) return std::unexpected(found.error());
  // A missing key compares as zeros, but never by value.
  if (found->kvs.empty()) return !by_value && holds(compare, KeyValue{});
  return std::all_of(found->kvs.begin(), found->kvs.end(),
                     [&](const KeyValue& kv) { return holds(compare, kv); });
}

Checked choose(const TxnReader& reader, const TxnOp& txn, TxnPath& path) {
  bool succeeded = true;
  for (const Compare& compare : txn.compares) {
    const auto held = evaluate(reader, compare);
    if (!held) return std::unexpected(held.error());
    succeeded = *held || RAFT_MUTANT(kTxnIgnoresCompare);
    if (!succeeded) break;
  }
  path.push_back(succeeded);
  for (const Op& op : branch_of(txn, succeeded)) {
    if (const auto* nested = std::get_if<TxnOp>(&op.value)) {
      if (auto chosen = choose(reader, *nested, path); !chosen) return chosen;
    }
  }
  return {};
}

/// Walks the steps that will run, in order, and finds the first that the state refuses: among the puts, as in
/// etcd, and if there is none, among the ranges.
class StepCheck {
 public:
  StepCheck(const TxnReader& reader, const TxnPath& path) : reader_(reader), path_(path) {}

  Checked all(const TxnOp& op) {
    auto checked = txn(op);
    return checked ? ranges_ : checked;
  }

 private:
  Checked txn(const TxnOp& op) {
    for (const Op& step : branch_of(op, path_[next_++])) {
      auto checked = std::visit([this](const auto& one) { return check(one); }, step.value);
      if (!checked) return checked;
    }
    return {};
  }

  Checked check(const TxnOp& op) { return txn(op); }

  /// Unlike a Range of its own, a negative revision is not the newest one.
  Checked check(const RangeOp& op) {
    if (op.revision == 0 || !ranges_) return {};
    if (op.revision > reader_.revision()) ranges_ = refuse(KvError::kFutureRevision);
    if (op.revision < reader_.compacted_revision()) ranges_ = refuse(KvError::kCompacted);
    return {};
  }

  Checked check(const PutOp& op) {
    if (op.ignore_value || op.ignore_lease) {
      RangeOp one;
      one.key = op.key;
      one.count_only = true;
      const auto found = reader_.range(one);
      if (!found) return std::unexpected(found.error());
      if (found->count == 0 || deleted_before(op.key)) return refuse(KvError::kKeyNotFound);
    }
    if (!reader_.lease_exists(op.lease)) return refuse(KvError::kLeaseNotFound);
    return {};
  }

  Checked check(const DeleteRangeOp& op) {
    deleted_.push_back(key_range(op.key, op.range_end));
    return {};
  }

  /// A delete earlier on the path: the API lets such a pair through when the two are in sibling Txns.
  [[nodiscard]] bool deleted_before(std::string_view key) const {
    return std::any_of(deleted_.begin(), deleted_.end(),
                       [&](const KeyRange& range) { return range.contains(key); });
  }

  const TxnReader& reader_;
  const TxnPath& path_;
  std::size_t next_ = 0;
  Checked ranges_;  // what the first range that is refused is told
  std::vector<KeyRange> deleted_;
};

}  // namespace

const std::vector<Op>& branch_of(const TxnOp& txn, bool succeeded) {
  return succeeded ? txn.success : txn.failure;
}

std::vector<Op>& branch_of(TxnOp& txn, bool succeeded) {
  return succeeded ? txn.success : txn.failure;
}

std::expected<TxnPath, ReadFault> plan_txn(const TxnReader& reader, const TxnOp& txn) {
  TxnPath path;
  if (auto chosen = choose(reader, txn, path); !chosen) return std::unexpected(chosen.error());
  if (auto checked = StepCheck(reader, path).all(txn); !checked) return std::unexpected(checked.error());
  return path;
}

}  // namespace kv
