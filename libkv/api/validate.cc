#include "libkv/api/validate.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "libkv/api/key_spans.h"

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

/// What a list of ops writes; the keys live in the request.
struct Writes {
  std::set<std::string_view> puts;
  KeySpans deletes;
};

/// True when no put of `inner` meets what its siblings and the ops around it write.
bool compatible(const Writes& inner, const Writes& outer) {
  return std::none_of(inner.puts.begin(), inner.puts.end(), [&](std::string_view key) {
    return outer.puts.contains(key) || outer.deletes.contains(key);
  });
}

void add(Writes& all, const Writes& more) {
  all.puts.insert(more.puts.begin(), more.puts.end());
  all.deletes.add(more.deletes);
}

/// The writes of one level: its own deletes first, then its nested Txns, whose two branches may write the
/// same keys since only one of them runs, then its own puts. Nothing when a key is written twice.
std::optional<Writes> collect(const Ops& ops) {
  Writes writes;
  for (const RequestOp& op : ops) {
    if (op.request_case() == RequestOp::kRequestDeleteRange)
      writes.deletes.add(op.request_delete_range().key(), op.request_delete_range().range_end());
  }
  for (const RequestOp& op : ops) {
    if (op.request_case() != RequestOp::kRequestTxn) continue;
    const auto success = collect(op.request_txn().success());
    const auto failure = collect(op.request_txn().failure());
    if (!success || !failure || !compatible(*success, writes) || !compatible(*failure, writes))
      return std::nullopt;
    add(writes, *success);
    add(writes, *failure);
  }
  for (const RequestOp& op : ops) {
    if (op.request_case() != RequestOp::kRequestPut) continue;
    const std::string_view key = op.request_put().key();
    if (writes.deletes.contains(key) || !writes.puts.insert(key).second) return std::nullopt;
  }
  return writes;
}

/// One op alone, the usual branch, writes nothing twice.
bool writes_a_key_twice(const Ops& ops) {
  if (ops.empty() || (ops.size() == 1 && !ops[0].has_request_txn())) return false;
  return !collect(ops);
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
  if (writes_a_key_twice(request.success()) || writes_a_key_twice(request.failure()))
    return ApiError::kDuplicateKey;
  return std::nullopt;
}

}  // namespace kv::api
