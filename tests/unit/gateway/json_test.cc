#include "libkv/gateway/json.h"

#include <gtest/gtest.h>

#include "libkv/api/proto/rpc.pb.h"

namespace kv::gateway {
namespace {

/// The message that a body is, or what is wrong with it.
template <class Message>
std::expected<Message, Fault> read(std::string_view body) {
  const auto values = read_values(body, 1);
  if (!values) return std::unexpected(values.error());
  Message message;
  if (values->empty()) return message;
  if (auto done = from_json(values->front(), message); !done) return std::unexpected(done.error());
  return message;
}

TEST(ToJson, WritesAsEtcdDoes) {
  etcdserverpb::TxnResponse response;
  response.mutable_header()->set_cluster_id(~0ULL);
  response.mutable_header()->set_revision(5);
  response.set_succeeded(true);
  response.add_responses()->mutable_response_put()->mutable_header()->set_revision(5);
  auto& range = *response.add_responses()->mutable_response_range();
  range.add_kvs()->set_key("<&>");
  range.set_count(1);
  EXPECT_EQ(to_json(response),
            R"({"header":{"cluster_id":"18446744073709551615","revision":"5"},"succeeded":true,)"
            R"("responses":[{"response_put":{"header":{"revision":"5"}}},)"
            R"({"response_range":{"kvs":[{"key":"PCY+"}],"count":"1"}}]})");
}

TEST(ToJson, NamesEnumsAndEscapesText) {
  etcdserverpb::AlarmResponse alarms;
  alarms.add_alarms()->set_alarm(etcdserverpb::CORRUPT);
  alarms.add_alarms()->set_alarm(static_cast<etcdserverpb::AlarmType>(77));
  EXPECT_EQ(to_json(alarms), R"({"alarms":[{"alarm":"CORRUPT"},{"alarm":77}]})");
  etcdserverpb::StatusResponse status;
  status.set_version("a\"\\\n\x01<");
  EXPECT_EQ(to_json(status), R"({"version":"a\"\\\n\u0001\u003c"})");
  EXPECT_EQ(to_json(etcdserverpb::DefragmentResponse()), "{}");
}

TEST(FromJson, TakesBothNamesAndBothKindsOfNumbers) {
  const auto first = read<etcdserverpb::RangeRequest>(
      R"({"key":"YQ==","range_end":"Yg==","limit":"7","sort_order":"DESCEND","countOnly":true,"other":[{}]})");
  ASSERT_TRUE(first) << first.error();
  const auto second = read<etcdserverpb::RangeRequest>(
      R"({"key":"YQ==","rangeEnd":"Yg==","limit":7,"sort_order":2,"count_only":true,"revision":null})");
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(first->range_end(), "b");
  EXPECT_EQ(first->limit(), 7);
}

TEST(FromJson, ReadsWholeTransactions) {
  const auto txn = read<etcdserverpb::TxnRequest>(
      R"({"compare":[{"key":"YQ==","target":"VALUE","value":"YQ=="}],"success":[{"requestPut":{"key":"YQ=="}}]})");
  ASSERT_TRUE(txn) << txn.error();
  EXPECT_EQ(txn->compare(0).value(), "a");
  EXPECT_EQ(txn->success(0).request_put().key(), "a");
}

TEST(FromJson, RefusesWhatDoesNotFit) {
  const auto fault = [](std::string_view body) {
    const auto message = read<etcdserverpb::RangeRequest>(body);
    return message ? std::string("taken") : message.error();
  };
  EXPECT_EQ(fault("{"), "unexpected EOF");
  EXPECT_EQ(fault("[]"), "json: cannot unmarshal array into Go value of type map[string]json.RawMessage");
  EXPECT_EQ(fault(R"({"limit":1.5})"), "json: cannot unmarshal number into Go value of type int64");
  EXPECT_EQ(fault(R"({"limit":"1e2"})"), "json: cannot unmarshal number 1e2 into Go value of type int64");
  EXPECT_EQ(fault(R"({"limit":18446744073709551615})"),
            "json: cannot unmarshal number 18446744073709551615 into Go value of type int64");
  EXPECT_EQ(fault(R"({"serializable":"true"})"), "json: cannot unmarshal string into Go value of type bool");
  EXPECT_EQ(fault(R"({"key":7})"), "json: cannot unmarshal number into Go value of type []uint8");
  EXPECT_EQ(fault(R"({"key":"!"})"), "illegal base64 data at input byte 0");
  EXPECT_EQ(fault(R"({"sort_order":"UP"})"),
            "unknown value \"UP\" for enum etcdserverpb.RangeRequest_SortOrder");
  EXPECT_EQ(fault("null"), "taken");
  EXPECT_EQ(fault(""), "taken");
}

TEST(ReadValues, TakesOneAfterTheOther) {
  EXPECT_EQ(read_values(R"({"ID":"7"} {"ID":"8"})", 10)->size(), 2U);
  EXPECT_EQ(read_values("{}{}{}", 2)->size(), 2U);
  EXPECT_EQ(read_values("{} and more", 1)->size(), 1U);
  EXPECT_FALSE(read_values("{} and more", 2));
  EXPECT_EQ(read_values(" \n", 2)->size(), 0U);
}

TEST(ReadValues, RefusesWhatIsTooDeep) {
  EXPECT_TRUE(read_values(std::string(kJsonDepthMax - 1, '[') + std::string(kJsonDepthMax - 1, ']'), 1));
  EXPECT_FALSE(read_values(std::string(100 * kJsonDepthMax, '['), 1));
}

}  // namespace
}  // namespace kv::gateway
