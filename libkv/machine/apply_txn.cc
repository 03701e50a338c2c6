#include "libkv/machine/apply_txn.h"

#include "libkv/machine/apply_kv.h"
#include "libkv/machine/leases.h"
#include "libkv/machine/txn_plan.h"

namespace kv {
namespace {

class StoreReader : public TxnReader {
 public:
  StoreReader(const Store& store, const LeaseTable& leases) : store_(store), leases_(leases) {}
  [[nodiscard]] std::expected<RangeResult, ReadFault> range(const RangeOp& op) const override {
    return store_.range(op);
  }
  [[nodiscard]] std::int64_t revision() const override { return store_.revision(); }
  [[nodiscard]] std::int64_t compacted_revision() const override { return store_.compacted_revision(); }
  [[nodiscard]] bool lease_exists(std::int64_t lease) const override {
    return kv::lease_exists(leases_, lease);
  }

 private:
  const Store& store_;
  const LeaseTable& leases_;
};

/// Runs the steps of a planned path. Only the disk can stop it.
class Execution {
 public:
  Execution(Store& store, const TxnPath& path) : store_(store), path_(path) {}

  std::expected<TxnResult, ReadFault> txn(TxnOp& op) {
    TxnResult result;
    result.succeeded = path_[next_++];
    std::vector<Op>& steps = branch_of(op, result.succeeded);
    result.responses.reserve(steps.size());
    for (Op& step : steps) {
      auto response = std::visit([this](auto& one) { return run(one); }, step.value);
      if (!response) return std::unexpected(std::move(response.error()));
      result.responses.push_back(std::move(*response));
    }
    return result;
  }

 private:
  using Response = std::expected<OpResult, ReadFault>;

  Response run(RangeOp& op) { return answer(store_.range(op)); }
  Response run(PutOp& op) { return answer(put_step(store_, std::move(op))); }
  Response run(DeleteRangeOp& op) { return answer(delete_range_step(store_, op)); }
  Response run(TxnOp& op) {
    auto response = answer(txn(op));
    if (response) response->revision = 0;  // contract section 1.0.2: a nested Txn's header has none
    return response;
  }

  template <class T>
  Response answer(std::expected<T, ReadFault> result) {
    if (!result) return std::unexpected(std::move(result.error()));
    return OpResult{.revision = store_.revision(), .value = std::move(*result)};
  }

  Store& store_;
  const TxnPath& path_;
  std::size_t next_ = 0;
};

}  // namespace

std::expected<TxnResult, ReadFault> apply_txn(Store& store, const LeaseTable& leases, TxnOp&& txn) {
  const auto path = plan_txn(StoreReader(store, leases), txn);
  if (!path) return std::unexpected(path.error());
  store.begin_request();
  auto result = Execution(store, *path).txn(txn);
  store.end_request();
  return result;
}

}  // namespace kv
