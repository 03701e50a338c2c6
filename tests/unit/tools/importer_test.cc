#include "tools/kvctl/importer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace tools::kvctl {
namespace {

using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

/// A store that knows what an import needs of Txn. Thread: any.
class Store {
 public:
  Outcome<TxnResponse> apply(const TxnRequest& request) {
    const std::lock_guard lock(mutex_);
    sizes_.push_back(request.success_size());
    if (fail_at_ != 0 && sizes_.size() >= fail_at_) return refuse(kExitUnknown, "outcome unknown");
    TxnResponse response;
    response.set_succeeded(std::ranges::none_of(
        request.compare(), [this](const auto& compare) { return data_.contains(compare.key()); }));
    for (const auto& op : response.succeeded() ? request.success() : request.failure()) run(op, response);
    return response;
  }
  std::map<std::string, std::string> data_;
  std::vector<int> sizes_;
  std::size_t fail_at_ = 0;

 private:
  void run(const etcdserverpb::RequestOp& op, TxnResponse& response) {
    auto& answer = *response.add_responses();
    if (op.has_request_put()) {
      data_[op.request_put().key()] = op.request_put().value();
      answer.mutable_response_put();
    } else if (const auto found = data_.find(op.request_range().key()); found != data_.end()) {
      answer.mutable_response_range()->add_kvs()->set_value(found->second);
    } else {
      answer.mutable_response_range();
    }
  }
  std::mutex mutex_;
};

Importer::Send sender(Store& store) {
  return [&store](const TxnRequest& request) { return store.apply(request); };
}

std::string key(int i) {
  return "k" + std::to_string(i);
}

TEST(Importer, WritesEverythingInFullBatches) {
  Store store;
  Importer importer(ImportMode::kOverwrite, sender(store));
  for (int i = 0; i < 1050; ++i) ASSERT_TRUE(importer.add({key(i), "v"}, 1));
  const auto counts = importer.finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->written, 1050U);
  EXPECT_EQ(store.data_.size(), 1050U);
  EXPECT_EQ(store.sizes_.size(), 11U);
  EXPECT_EQ(*std::ranges::max_element(store.sizes_), 100);
}

TEST(Importer, LargeValuesMakeSmallBatches) {
  Store store;
  Importer importer(ImportMode::kOverwrite, sender(store));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(importer.add({key(i), std::string(300000, 'x')}, 1));
  ASSERT_TRUE(importer.finish());
  EXPECT_EQ(store.sizes_, (std::vector<int>{1, 1, 1, 1}));
}

TEST(Importer, WhatComesLastIsWhatStays) {
  Store store;
  Importer importer(ImportMode::kOverwrite, sender(store));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 150; ++i) ASSERT_TRUE(importer.add({key(i), std::to_string(round)}, 1));
  }
  ASSERT_TRUE(importer.finish());
  ASSERT_EQ(store.data_.size(), 150U);
  for (const auto& [name, value] : store.data_) EXPECT_EQ(value, "19") << name;
}

TEST(Importer, CreateLeavesAloneWhatIsThere) {
  Store store;
  store.data_ = {{key(3), "v"}, {key(7), "other"}};
  Importer importer(ImportMode::kCreate, sender(store));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(importer.add({key(i), "v"}, 1));
  const auto counts = importer.finish();
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->written, 8U);
  EXPECT_EQ(counts->unchanged, 1U);
  EXPECT_EQ(counts->kept, 1U);
  EXPECT_EQ(counts->first_kept, key(7));
  EXPECT_EQ(store.data_.at(key(7)), "other");
}

TEST(Importer, AFailureNamesItsLinesAndEndsTheImport) {
  Store store;
  store.fail_at_ = 3;
  Importer importer(ImportMode::kOverwrite, sender(store));
  Outcome<void> added;
  for (std::size_t i = 1; i <= 100000 && added; ++i) added = importer.add({key(static_cast<int>(i)), "v"}, i);
  const auto counts = importer.finish();
  ASSERT_FALSE(counts);
  EXPECT_EQ(counts.error().exit, kExitUnknown);
  EXPECT_TRUE(counts.error().text.starts_with("lines ")) << counts.error().text;
  EXPECT_TRUE(counts.error().text.ends_with("00: outcome unknown")) << counts.error().text;
  EXPECT_EQ(importer.counts().written, 200U);
}

TEST(Importer, NothingIsNoFailure) {
  Store store;
  Importer importer(ImportMode::kOverwrite, sender(store));
  EXPECT_EQ(importer.finish()->written, 0U);
  EXPECT_TRUE(store.sizes_.empty());
}

}  // namespace
}  // namespace tools::kvctl
