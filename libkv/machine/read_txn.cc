// A Txn that only reads, on a published view (contract section 2.5).
#include <algorithm>

#include "libkv/machine/machine.h"
#include "libkv/machine/txn_plan.h"

namespace kv {
namespace {

class ViewReader : public TxnReader {
 public:
  explicit ViewReader(const ReadView& view) : view_(view) {}
  [[nodiscard]] std::expected<RangeResult, ReadFault> range(const RangeOp& op) const override {
    return view_.range(op);
  }
  [[nodiscard]] std::int64_t revision() const override { return view_.revision(); }
  [[nodiscard]] std::int64_t compacted_revision() const override { return view_.compacted_revision(); }
  [[nodiscard]] bool lease_exists(std::int64_t) const override { return true; }  // only puts ask

 private:
  const ReadView& view_;
};

bool only_ranges(const std::vector<Op>& ops) {
  return std::all_of(ops.begin(), ops.end(),
                     [](const Op& op) { return std::holds_alternative<RangeOp>(op.value); });
}

}  // namespace

bool is_read_only(const TxnOp& txn) {
  return only_ranges(txn.success) && only_ranges(txn.failure);
}

std::expected<TxnResult, ReadFault> read_txn(const ReadView& view, const TxnOp& txn) {
  const auto path = plan_txn(ViewReader(view), txn);
  if (!path) return std::unexpected(path.error());
  TxnResult result;
  result.succeeded = path->front();
  for (const Op& op : branch_of(txn, result.succeeded)) {
    auto range = view.range(std::get<RangeOp>(op.value));
    if (!range) return std::unexpected(std::move(range.error()));
    result.responses.push_back({.revision = view.revision(), .value = std::move(*range)});
  }
  return result;
}

}  // namespace kv
