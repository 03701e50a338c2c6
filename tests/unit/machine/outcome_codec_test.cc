#include "libkv/machine/outcome_codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace kv {
namespace {

constexpr std::size_t kEnough = 1U << 20U;

KeyValue some_key() {
  return {.key = std::string("k\0y", 3),
          .value = "value",
          .create_revision = 2,
          .mod_revision = 9,
          .version = 3,
          .lease = -7};
}

Outcome of(OperationResult result) {
  return {.revision = 12, .result = std::move(result)};
}

TxnResult some_txn() {
  TxnResult inner{.succeeded = false, .responses = {}};
  inner.responses.push_back(
      {.revision = 12, .value = DeleteRangeResult{.deleted = 2, .previous = {some_key()}}});
  TxnResult txn{.succeeded = true, .responses = {}};
  txn.responses.push_back(
      {.revision = 11, .value = RangeResult{.kvs = {some_key()}, .more = true, .count = 5}});
  txn.responses.push_back({.revision = 12, .value = PutResult{.previous = some_key()}});
  txn.responses.push_back({.revision = 0, .value = std::move(inner)});
  return txn;
}

/// What is kept is told again bit by bit: encoding once more gives the same.
TEST(OutcomeCodec, GivesBackWhatWasKept) {
  for (const Outcome& outcome :
       {of(PutResult{}), of(PutResult{.previous = some_key()}),
        of(DeleteRangeResult{.deleted = 1, .previous = {some_key()}}), of(some_txn()), of(CompactResult{}),
        of(LeaseGrantResult{.lease = std::numeric_limits<std::int64_t>::max(), .ttl = 60}),
        of(LeaseRevokeResult{.lease = -1}),
        Outcome{.revision = 3, .result = std::unexpected(KvError::kLeaseNotFound)}}) {
    const std::string bytes = encode_outcome(outcome, kEnough);
    const auto back = decode_outcome(bytes);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->revision, outcome.revision);
    EXPECT_EQ(back->result.has_value(), outcome.result.has_value());
    EXPECT_EQ(encode_outcome(*back, kEnough), bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_outcome(std::string_view(bytes).substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_outcome(bytes + "x"));
  }
}

TEST(OutcomeCodec, ATxnComesBackWithAllItsParts) {
  const auto back = decode_outcome(encode_outcome(of(some_txn()), kEnough));
  ASSERT_TRUE(back && back->result);
  const auto& txn = std::get<TxnResult>(*back->result);
  ASSERT_EQ(txn.responses.size(), 3U);
  EXPECT_TRUE(txn.succeeded);
  const auto& range = std::get<RangeResult>(txn.responses[0].value);
  EXPECT_EQ(range, (RangeResult{.kvs = {some_key()}, .more = true, .count = 5}));
  EXPECT_EQ(std::get<PutResult>(txn.responses[1].value).previous, some_key());
  const auto& inner = std::get<TxnResult>(txn.responses[2].value);
  EXPECT_EQ(std::get<DeleteRangeResult>(inner.responses.at(0).value).deleted, 2);
}

TEST(OutcomeCodec, AResultThatIsTooLargeIsKeptAsThatWithItsRevision) {
  const Outcome large = of(DeleteRangeResult{.deleted = 9, .previous = std::vector<KeyValue>(9, some_key())});
  const std::string whole = encode_outcome(large, kEnough);
  EXPECT_EQ(encode_outcome(large, whole.size()), whole);
  const auto back = decode_outcome(encode_outcome(large, whole.size() - 1));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->revision, 12);
  ASSERT_FALSE(back->result);
  EXPECT_EQ(back->result.error(), KvError::kResultTooLarge);
}

TEST(OutcomeCodec, HostileCountsAndDepthsAreRefused) {
  EXPECT_FALSE(decode_outcome(std::string("\x02\x02\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13)));
  std::string deep("\x02\x03", 2);
  for (int i = 0; i < 100000; ++i) deep += std::string("\x01\x01\x04\x00", 4);
  EXPECT_FALSE(decode_outcome(deep));
}

}  // namespace
}  // namespace kv
