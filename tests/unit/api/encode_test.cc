#include "libkv/api/encode.h"

#include <gtest/gtest.h>

#include <limits>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/mvcc/wire_sink.h"

namespace kv::api {
namespace {

const Header kHeader{.origin = {.cluster_id = 0xcdf818194e3a8c32U,
                                .member = raft::NodeId(0x8e9e05c52164694dU),
                                .term = raft::Term(5)},
                     .revision = 300};

KeyValue key_value(std::string key, std::string value) {
  return {.key = std::move(key),
          .value = std::move(value),
          .create_revision = 2,
          .mod_revision = 1000,
          .version = 7,
          .lease = std::numeric_limits<std::int64_t>::max()};
}

/// What protobuf itself reads from `bytes`, which it must also write the same way.
template <class Message>
Message decoded(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  EXPECT_EQ(message.SerializeAsString(), bytes);
  return message;
}

void expect_same(const mvccpb::KeyValue& found, const KeyValue& wanted) {
  EXPECT_EQ(found.key(), wanted.key);
  EXPECT_EQ(found.value(), wanted.value);
  EXPECT_EQ(found.create_revision(), wanted.create_revision);
  EXPECT_EQ(found.mod_revision(), wanted.mod_revision);
  EXPECT_EQ(found.version(), wanted.version);
  EXPECT_EQ(found.lease(), wanted.lease);
}

TEST(WireSink, CountsVarintsAsTheyAreWritten) {
  EXPECT_EQ(varint_size(0), 1U);
  EXPECT_EQ(varint_size(127), 1U);
  EXPECT_EQ(varint_size(128), 2U);
  EXPECT_EQ(varint_size(std::numeric_limits<std::uint64_t>::max()), 10U);
}

TEST(Encode, HeadersAreWhole) {
  const auto response =
      decoded<etcdserverpb::CompactionResponse>(encode(kHeader, OperationResult(CompactResult{})));
  EXPECT_EQ(response.header().cluster_id(), 0xcdf818194e3a8c32U);
  EXPECT_EQ(response.header().member_id(), 0x8e9e05c52164694dU);
  EXPECT_EQ(response.header().revision(), 300);
  EXPECT_EQ(response.header().raft_term(), 5U);
}

TEST(Encode, AnEmptyHeaderIsStillThere) {
  const std::string bytes = encode(Header{}, OperationResult(PutResult{}));
  EXPECT_TRUE(decoded<etcdserverpb::PutResponse>(bytes).has_header());
}

TEST(Encode, RangesOfAnySize) {
  RangeResult result{.kvs = {}, .more = true, .count = 5};
  result.kvs.push_back(key_value("k", ""));
  result.kvs.push_back(key_value(std::string("\0\xff", 2), std::string(70000, 'v')));
  result.kvs.push_back(KeyValue{});
  const auto response = decoded<etcdserverpb::RangeResponse>(encode(kHeader, result));
  ASSERT_EQ(response.kvs_size(), 3);
  for (int i = 0; i < 3; ++i) expect_same(response.kvs(i), result.kvs[static_cast<std::size_t>(i)]);
  EXPECT_TRUE(response.more());
  EXPECT_EQ(response.count(), 5);
}

TEST(Encode, NegativeNumbersTakeTenBytes) {
  const auto response = decoded<etcdserverpb::RangeResponse>(encode(kHeader, RangeResult{.count = -1}));
  EXPECT_EQ(response.count(), -1);
}

TEST(Encode, PreviousValuesOfPutsAndDeletes) {
  const KeyValue previous = key_value("k", "v");
  const auto put =
      decoded<etcdserverpb::PutResponse>(encode(kHeader, OperationResult(PutResult{.previous = previous})));
  expect_same(put.prev_kv(), previous);
  const auto removal = decoded<etcdserverpb::DeleteRangeResponse>(
      encode(kHeader, OperationResult(DeleteRangeResult{.deleted = 2, .previous = {previous, previous}})));
  EXPECT_EQ(removal.deleted(), 2);
  ASSERT_EQ(removal.prev_kvs_size(), 2);
  expect_same(removal.prev_kvs(1), previous);
}

/// One step of each kind, the last a Txn inside.
TxnResult every_step() {
  TxnResult inner{.succeeded = false, .responses = {}};
  inner.responses.push_back({.revision = 9, .value = PutResult{}});
  TxnResult txn{.succeeded = true, .responses = {}};
  txn.responses.push_back({.revision = 8, .value = RangeResult{.kvs = {key_value("a", "b")}, .count = 1}});
  txn.responses.push_back({.revision = 9, .value = PutResult{}});
  txn.responses.push_back({.revision = 9, .value = DeleteRangeResult{.deleted = 3, .previous = {}}});
  txn.responses.push_back({.revision = 9, .value = inner});
  return txn;
}

TEST(Encode, TxnsAnswerStepByStep) {
  const auto response = decoded<etcdserverpb::TxnResponse>(encode(kHeader, every_step()));
  EXPECT_TRUE(response.succeeded());
  ASSERT_EQ(response.responses_size(), 4);
  const auto& range = response.responses(0).response_range();
  EXPECT_EQ(range.header().revision(), 8);
  EXPECT_EQ(range.header().cluster_id(), 0U) << "a nested header has a revision only";
  EXPECT_EQ(range.kvs(0).value(), "b");
  EXPECT_EQ(response.responses(1).response_put().header().revision(), 9);
  EXPECT_EQ(response.responses(2).response_delete_range().deleted(), 3);
  const auto& nested = response.responses(3).response_txn();
  EXPECT_TRUE(nested.has_header());
  EXPECT_EQ(nested.header().revision(), 0);
  EXPECT_EQ(nested.responses(0).response_put().header().revision(), 9);
}

TEST(Encode, AWriteAndAReadOfTheSameTxnAreTheSameBytes) {
  EXPECT_EQ(encode(kHeader, every_step()), encode(kHeader, OperationResult(every_step())));
}

TEST(IsSmall, IsWhatHoldsNoKeys) {
  EXPECT_TRUE(is_small(PutResult{}));
  EXPECT_FALSE(is_small(PutResult{.previous = key_value("k", "v")}));
  EXPECT_TRUE(is_small(DeleteRangeResult{.deleted = 5, .previous = {}}));
  EXPECT_FALSE(is_small(DeleteRangeResult{.deleted = 1, .previous = {key_value("k", "v")}}));
  TxnResult txn;
  txn.responses.push_back({.revision = 1, .value = PutResult{}});
  EXPECT_TRUE(is_small(txn));
  txn.responses.push_back({.revision = 1, .value = RangeResult{.kvs = {key_value("k", "v")}}});
  EXPECT_FALSE(is_small(txn));
  EXPECT_FALSE(is_small(every_step()));
}

}  // namespace
}  // namespace kv::api
