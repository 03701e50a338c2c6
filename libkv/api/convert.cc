#include "libkv/api/convert.h"

#include <utility>

namespace kv::api {
namespace {

/// Numbers that etcd does not know stay unknown: none of them may become a known one by being cut to a byte.
template <class Enum>
Enum to_enum(int number) {
  constexpr int kUnknown = 255;
  return static_cast<Enum>(number >= 0 && number < kUnknown ? number : kUnknown);
}

Compare to_compare(etcdserverpb::Compare& from) {
  Compare compare;
  compare.result = to_enum<Compare::Result>(from.result());
  compare.target = to_enum<Compare::Target>(from.target());
  compare.key = std::move(*from.mutable_key());
  compare.range_end = std::move(*from.mutable_range_end());
  // A union that does not fit the target compares with zero (contract section 2.5).
  switch (compare.target) {
    case Compare::Target::kVersion:
      compare.number = from.version();
      break;
    case Compare::Target::kCreate:
      compare.number = from.create_revision();
      break;
    case Compare::Target::kMod:
      compare.number = from.mod_revision();
      break;
    case Compare::Target::kLease:
      compare.number = from.lease();
      break;
    case Compare::Target::kValue:
      if (from.target_union_case() == etcdserverpb::Compare::kValue)
        compare.value = std::move(*from.mutable_value());
      break;
  }
  return compare;
}

Op to_step(etcdserverpb::RequestOp& from) {
  switch (from.request_case()) {
    case etcdserverpb::RequestOp::kRequestRange:
      return {to_op(*from.mutable_request_range())};
    case etcdserverpb::RequestOp::kRequestPut:
      return {to_op(*from.mutable_request_put())};
    case etcdserverpb::RequestOp::kRequestDeleteRange:
      return {to_op(*from.mutable_request_delete_range())};
    case etcdserverpb::RequestOp::kRequestTxn:
      return {to_op(*from.mutable_request_txn())};
    case etcdserverpb::RequestOp::REQUEST_NOT_SET:
      break;
  }
  return {RangeOp{}};  // validation has refused it
}

}  // namespace

RangeOp to_op(etcdserverpb::RangeRequest& request) {
  return {.key = std::move(*request.mutable_key()),
          .range_end = std::move(*request.mutable_range_end()),
          .limit = request.limit(),
          .revision = request.revision(),
          .sort_order = static_cast<SortOrder>(request.sort_order()),
          .sort_target = static_cast<SortTarget>(request.sort_target()),
          .keys_only = request.keys_only(),
          .count_only = request.count_only(),
          .min_mod_revision = request.min_mod_revision(),
          .max_mod_revision = request.max_mod_revision(),
          .min_create_revision = request.min_create_revision(),
          .max_create_revision = request.max_create_revision()};
}

PutOp to_op(etcdserverpb::PutRequest& request) {
  return {.key = std::move(*request.mutable_key()),
          .value = std::move(*request.mutable_value()),
          .lease = request.lease(),
          .prev_kv = request.prev_kv(),
          .ignore_value = request.ignore_value(),
          .ignore_lease = request.ignore_lease()};
}

DeleteRangeOp to_op(etcdserverpb::DeleteRangeRequest& request) {
  return {.key = std::move(*request.mutable_key()),
          .range_end = std::move(*request.mutable_range_end()),
          .prev_kv = request.prev_kv()};
}

TxnOp to_op(etcdserverpb::TxnRequest& request) {
  TxnOp txn;
  for (auto& compare : *request.mutable_compare()) txn.compares.push_back(to_compare(compare));
  for (auto& op : *request.mutable_success()) txn.success.push_back(to_step(op));
  for (auto& op : *request.mutable_failure()) txn.failure.push_back(to_step(op));
  return txn;
}

void fill(const Origin& origin, std::int64_t revision, etcdserverpb::ResponseHeader& header) {
  header.set_cluster_id(origin.cluster_id);
  header.set_member_id(origin.member.value());
  header.set_revision(revision);
  header.set_raft_term(origin.term.value());
}

}  // namespace kv::api
