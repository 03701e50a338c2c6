#include "libkv/machine/apply_kv.h"

#include "libkv/machine/leases.h"
#include "libkv/mvcc/fault.h"
#include "libraft/base/check.h"

namespace kv {

std::expected<PutResult, ReadFault> put_step(Store& store, PutOp&& op) {
  PutResult result;
  if (op.prev_kv || op.ignore_value || op.ignore_lease) {
    auto before = store.get(op.key);
    if (!before) return broken(std::move(before.error()));
    RAFT_CHECK(*before || !(op.ignore_value || op.ignore_lease));
    if (op.ignore_lease) op.lease = (*before)->lease;
    if (op.ignore_value) op.value = (*before)->value;
    if (op.prev_kv) result.previous = std::move(*before);
  }
  store.put(op.key, std::move(op.value), op.lease);
  return result;
}

std::expected<DeleteRangeResult, ReadFault> delete_range_step(Store& store, const DeleteRangeOp& op) {
  DeleteRangeResult result;
  if (op.prev_kv) {
    RangeOp doomed;
    doomed.key = op.key;
    doomed.range_end = op.range_end;
    auto found = store.range(doomed);
    if (!found) return std::unexpected(std::move(found.error()));
    result.previous = std::move(found->kvs);
  }
  result.deleted = store.delete_range(op.key, op.range_end);
  return result;
}

std::expected<PutResult, ReadFault> apply_put(Store& store, const LeaseTable& leases, PutOp&& op) {
  if (!lease_exists(leases, op.lease)) return refuse(KvError::kLeaseNotFound);
  if ((op.ignore_value || op.ignore_lease) && !store.exists(op.key)) return refuse(KvError::kKeyNotFound);
  store.begin_request();
  auto result = put_step(store, std::move(op));
  store.end_request();
  return result;
}

std::expected<DeleteRangeResult, ReadFault> apply_delete_range(Store& store, const DeleteRangeOp& op) {
  store.begin_request();
  auto result = delete_range_step(store, op);
  store.end_request();
  return result;
}

}  // namespace kv
