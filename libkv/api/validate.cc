#include "libkv/api/validate.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace kv::api {
namespace {

using Ops = google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>;
using etcdserverpb::RequestOp;

std::optional<ApiError> validate_ops(const etcdserverpb::TxnRequest& txn, std::size_t ops_max);

std::optional<ApiError> validate_op(const RequestOp& op, std::size_t nested_ops_max) {
  switch (op.request_case()) {
    case RequestOp::kRequestRange:
      return validate(op.request_range());
    case RequestOp::kRequestPut:
      return validate(op.request_put());
    case RequestOp::kRequestDeleteRange:
      return validate(op.request_delete_range());
    case RequestOp::kRequestTxn:
      return validate_ops(op.request_txn(), nested_ops_max);
    case RequestOp::REQUEST_NOT_SET:
      break;
  }
  return ApiError::kKeyNotFound;
}

std::optional<ApiError> validate_ops(const etcdserverpb::TxnRequest& txn, std::size_t ops_max) {
  const auto most =
      static_cast<std::size_t>(std::max({txn.compare_size(), txn.success_size(), txn.failure_size()}));
  if (most > ops_max) return ApiError::kTooManyOps;
  for (const auto& compare : txn.compare()) {
    if (compare.key().empty()) return ApiError::kEmptyKey;
  }
  for (const Ops* branch : {&txn.success(), &txn.failure()}) {
    for (const RequestOp& op : *branch) {
      if (const auto error = validate_op(op, ops_max - most)) return error;
    }
  }
  return std::nullopt;
}

/// Keys of [first, last); one zero byte as range_end means no end, and none means the key alone.
struct Interval {
  std::string first;
  std::string last;
  bool endless = false;

  [[nodiscard]] bool contains(const std::string& key) const {
    return key >= first && (endless || key < last);
  }
};

Interval interval_of(const etcdserverpb::DeleteRangeRequest& request) {
  if (request.range_end().empty()) return {request.key(), request.key() + std::string(1, '\0')};
  return {request.key(), request.range_end(), request.range_end() == std::string(1, '\0')};
}

/// What a list of ops writes.
struct Writes {
  std::set<std::string> puts;
  std::vector<Interval> deletes;
};

bool deleted(const std::vector<Interval>& deletes, const std::string& key) {
  return std::any_of(deletes.begin(), deletes.end(),
                     [&](const Interval& range) { return range.contains(key); });
}

/// True when no put of `inner` meets what its siblings and the ops around it write.
bool compatible(const Writes& inner, const Writes& outer) {
  for (const std::string& key : inner.puts) {
    if (outer.puts.contains(key) || deleted(outer.deletes, key)) return false;
  }
  return true;
}

/// The writes of one level: its own puts and deletes first, then its nested Txns, whose two branches may
/// write the same keys since only one of them runs.
std::optional<Writes> collect(const Ops& ops) {
  Writes writes;
  for (const RequestOp& op : ops) {
    if (op.request_case() == RequestOp::kRequestDeleteRange)
      writes.deletes.push_back(interval_of(op.request_delete_range()));
  }
  for (const RequestOp& op : ops) {
    if (op.request_case() != RequestOp::kRequestTxn) continue;
    const auto success = collect(op.request_txn().success());
    const auto failure = collect(op.request_txn().failure());
    if (!success || !failure || !compatible(*success, writes) || !compatible(*failure, writes))
      return std::nullopt;
    writes.puts.insert(success->puts.begin(), success->puts.end());
    writes.puts.insert(failure->puts.begin(), failure->puts.end());
    writes.deletes.insert(writes.deletes.end(), success->deletes.begin(), success->deletes.end());
    writes.deletes.insert(writes.deletes.end(), failure->deletes.begin(), failure->deletes.end());
  }
  for (const RequestOp& op : ops) {
    if (op.request_case() != RequestOp::kRequestPut) continue;
    const std::string& key = op.request_put().key();
    if (deleted(writes.deletes, key) || !writes.puts.insert(key).second) return std::nullopt;
  }
  return writes;
}

}  // namespace

std::optional<ApiError> validate(const etcdserverpb::RangeRequest& request) {
  if (request.key().empty()) return ApiError::kEmptyKey;
  if (!etcdserverpb::RangeRequest::SortOrder_IsValid(request.sort_order()) ||
      !etcdserverpb::RangeRequest::SortTarget_IsValid(request.sort_target())) {
    return ApiError::kInvalidSortOption;
  }
  return std::nullopt;
}

std::optional<ApiError> validate(const etcdserverpb::PutRequest& request) {
  if (request.key().empty()) return ApiError::kEmptyKey;
  if (request.ignore_value() && !request.value().empty()) return ApiError::kValueProvided;
  if (request.ignore_lease() && request.lease() != 0) return ApiError::kLeaseProvided;
  return std::nullopt;
}

std::optional<ApiError> validate(const etcdserverpb::DeleteRangeRequest& request) {
  if (request.key().empty()) return ApiError::kEmptyKey;
  return std::nullopt;
}

std::optional<ApiError> validate(const etcdserverpb::TxnRequest& request, std::size_t ops_max) {
  if (const auto error = validate_ops(request, ops_max)) return error;
  if (!collect(request.success()) || !collect(request.failure())) return ApiError::kDuplicateKey;
  return std::nullopt;
}

}  // namespace kv::api
