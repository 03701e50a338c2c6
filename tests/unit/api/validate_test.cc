#include "libkv/api/validate.h"

#include <gtest/gtest.h>

namespace kv::api {
namespace {

using etcdserverpb::TxnRequest;
using Ops = google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>;

void put(Ops& ops, const std::string& key) {
  ops.Add()->mutable_request_put()->set_key(key);
}

void remove(Ops& ops, const std::string& key, const std::string& range_end = "") {
  auto& request = *ops.Add()->mutable_request_delete_range();
  request.set_key(key);
  request.set_range_end(range_end);
}

void get(Ops& ops, const std::string& key) {
  ops.Add()->mutable_request_range()->set_key(key);
}

TxnRequest& nest(Ops& ops) {
  return *ops.Add()->mutable_request_txn();
}

std::optional<ApiError> checked(const TxnRequest& txn) {
  return validate(txn, 128);
}

TEST(ValidateRange, WantsAKeyAndAKnownOrder) {
  etcdserverpb::RangeRequest request;
  EXPECT_EQ(validate(request), ApiError::kEmptyKey);
  request.set_key("k");
  EXPECT_EQ(validate(request), std::nullopt);
  request.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(9));
  EXPECT_EQ(validate(request), ApiError::kInvalidSortOption);
  request.set_sort_order(etcdserverpb::RangeRequest::ASCEND);
  request.set_sort_target(static_cast<etcdserverpb::RangeRequest::SortTarget>(9));
  EXPECT_EQ(validate(request), ApiError::kInvalidSortOption);
}

TEST(ValidatePut, RefusesAValueOrALeaseThatIsToBeIgnored) {
  etcdserverpb::PutRequest request;
  EXPECT_EQ(validate(request), ApiError::kEmptyKey);
  request.set_key("k");
  request.set_value("v");
  request.set_ignore_value(true);
  EXPECT_EQ(validate(request), ApiError::kValueProvided);
  request.clear_value();
  request.set_lease(1);
  request.set_ignore_lease(true);
  EXPECT_EQ(validate(request), ApiError::kLeaseProvided);
}

TEST(ValidateTxn, CountsTheLongestListAgainstTheBudget) {
  TxnRequest txn;
  for (int i = 0; i < 129; ++i) get(*txn.mutable_success(), "k");
  EXPECT_EQ(checked(txn), ApiError::kTooManyOps);
  txn.mutable_success()->RemoveLast();
  EXPECT_EQ(checked(txn), std::nullopt);
}

TEST(ValidateTxn, ANestedTxnHasWhatItsParentLeft) {
  TxnRequest txn;
  for (int i = 0; i < 100; ++i) get(*txn.mutable_failure(), "k");
  TxnRequest& inner = nest(*txn.mutable_success());
  for (int i = 0; i < 28; ++i) get(*inner.mutable_success(), "k");
  EXPECT_EQ(checked(txn), std::nullopt);
  get(*inner.mutable_success(), "k");
  EXPECT_EQ(checked(txn), ApiError::kTooManyOps);
}

TEST(ValidateTxn, ChecksEveryOpAsIfItStoodAlone) {
  TxnRequest txn;
  put(*nest(*txn.mutable_failure()).mutable_success(), "");
  EXPECT_EQ(checked(txn), ApiError::kEmptyKey);
  TxnRequest no_request;
  no_request.add_success();
  EXPECT_EQ(checked(no_request), ApiError::kKeyNotFound);
  TxnRequest no_compare_key;
  no_compare_key.add_compare();
  EXPECT_EQ(checked(no_compare_key), ApiError::kEmptyKey);
}

// Contract section 2.8: the budget, then every op depth first, then keys written twice.
TEST(ValidateTxn, RefusesInEtcdsOrder) {
  TxnRequest txn;
  put(*txn.mutable_success(), "k");
  put(*txn.mutable_success(), "k");
  EXPECT_EQ(checked(txn), ApiError::kDuplicateKey);
  auto& range = *txn.add_failure()->mutable_request_range();
  range.set_key("k");
  range.set_sort_order(static_cast<etcdserverpb::RangeRequest::SortOrder>(9));
  EXPECT_EQ(checked(txn), ApiError::kInvalidSortOption) << "before keys written twice";
  auto& inner = *nest(*txn.mutable_success()).add_failure()->mutable_request_put();
  inner.set_key("x");
  inner.set_value("v");
  inner.set_ignore_value(true);
  EXPECT_EQ(checked(txn), ApiError::kValueProvided) << "success before failure, and depth first";
  txn.add_compare();
  EXPECT_EQ(checked(txn), ApiError::kEmptyKey) << "compares before ops";
  EXPECT_EQ(validate(txn, 2), ApiError::kTooManyOps) << "the budget before all";
}

TEST(ValidateTxn, ManyRangesDeletedCostNoMoreThanTheirNumber) {
  TxnRequest txn;
  for (int i = 0; i < 400; ++i) {
    TxnRequest& inner = nest(*txn.mutable_success());
    for (int j = 0; j < 400; ++j) {
      const std::string key = std::to_string(1000 + i) + std::to_string(1000 + j);
      (j % 2 == 0) ? put(*inner.mutable_success(), "put" + key)
                   : remove(*inner.mutable_success(), "del" + key);
    }
  }
  EXPECT_EQ(validate(txn, 1000), std::nullopt);
  put(*txn.mutable_success(), "del10001001");
  EXPECT_EQ(validate(txn, 1000), ApiError::kDuplicateKey);
}

TEST(ValidateTxn, AKeyIsPutOnceInABranch) {
  TxnRequest txn;
  put(*txn.mutable_success(), "k");
  put(*txn.mutable_failure(), "k");
  EXPECT_EQ(checked(txn), std::nullopt) << "only one branch runs";
  put(*txn.mutable_success(), "k");
  EXPECT_EQ(checked(txn), ApiError::kDuplicateKey);
}

TEST(ValidateTxn, AKeyIsNotPutAndDeletedInABranch) {
  TxnRequest txn;
  remove(*txn.mutable_success(), "a", "m");
  put(*txn.mutable_success(), "m");
  EXPECT_EQ(checked(txn), std::nullopt);
  put(*txn.mutable_success(), "b");
  EXPECT_EQ(checked(txn), ApiError::kDuplicateKey);
  TxnRequest from_key;
  remove(*from_key.mutable_success(), "a", std::string(1, '\0'));
  put(*from_key.mutable_success(), "z");
  EXPECT_EQ(checked(from_key), ApiError::kDuplicateKey);
}

TEST(ValidateTxn, DeletesMayOverlap) {
  TxnRequest txn;
  remove(*txn.mutable_success(), "a", "m");
  remove(*txn.mutable_success(), "b");
  EXPECT_EQ(checked(txn), std::nullopt);
}

TEST(ValidateTxn, BothBranchesOfANestedTxnMayPutTheSameKeyButNotItsParentsToo) {
  TxnRequest txn;
  TxnRequest& inner = nest(*txn.mutable_success());
  put(*inner.mutable_success(), "k");
  put(*inner.mutable_failure(), "k");
  EXPECT_EQ(checked(txn), std::nullopt);
  put(*txn.mutable_success(), "k");
  EXPECT_EQ(checked(txn), ApiError::kDuplicateKey);
}

}  // namespace
}  // namespace kv::api
