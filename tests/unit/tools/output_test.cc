// The formats, byte by byte: what scripts read must not change.
#include "tools/kvctl/output.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/kvctl/endpoint_answers.h"
#include "tools/kvctl/message_json.h"

namespace tools::kvctl {
namespace {

using namespace std::string_literals;

mvccpb::KeyValue pair(std::string key, std::string value) {
  mvccpb::KeyValue kv;
  kv.set_key(std::move(key));
  kv.set_value(std::move(value));
  kv.set_create_revision(2);
  kv.set_mod_revision(5);
  kv.set_version(4);
  return kv;
}

void set_header(etcdserverpb::ResponseHeader& header) {
  header.set_cluster_id(3586811377195397337U);
  header.set_member_id(14578408409545168080U);
  header.set_revision(6);
  header.set_raft_term(2);
}

etcdserverpb::RangeResponse two_keys() {
  etcdserverpb::RangeResponse response;
  set_header(*response.mutable_header());
  *response.add_kvs() = pair("a", "4");
  *response.add_kvs() = pair("b\xff", "\0\n"s);
  response.set_count(2);
  return response;
}

template <class Response>
std::string printed(const Style& style, const Response& response) {
  std::ostringstream out;
  const auto outcome = print(out, style, response);
  return outcome ? out.str() : "refused: " + outcome.error().text;
}

TEST(Output, RangeSimple) {
  EXPECT_EQ(printed({}, two_keys()), "a\n4\nb\xff\n\0\n\n"s);
  EXPECT_EQ(printed({.hex = true}, two_keys()), "\\x61\n\\x34\n\\x62\\xff\n\\x00\\x0a\n");
  EXPECT_EQ(printed({.keys_only = true}, two_keys()), "a\n\nb\xff\n\n");
  EXPECT_EQ(printed({.values_only = true}, two_keys()), "4\n\0\n\n"s);
  EXPECT_EQ(printed({.zero_ended = true}, two_keys()), "a\0004\0b\xff\0\0\n\0"s);
  EXPECT_EQ(printed({.keys_only = true, .zero_ended = true}, two_keys()), "a\0b\xff\0"s);
  EXPECT_EQ(printed({.count_only = true}, etcdserverpb::RangeResponse()), "0\n");
}

TEST(Output, RangeJson) {
  EXPECT_EQ(
      printed({.format = Format::kJson}, two_keys()),
      R"({"header":{"cluster_id":3586811377195397337,"member_id":14578408409545168080,"revision":6,)"
      R"("raft_term":2},"kvs":[{"key":"YQ==","create_revision":2,"mod_revision":5,"version":4,"value":"NA=="},)"
      R"({"key":"Yv8=","create_revision":2,"mod_revision":5,"version":4,"value":"AAo="}],"count":2})"
      "\n");
}

TEST(Output, RangeJsonl) {
  EXPECT_EQ(printed({.format = Format::kJsonl}, two_keys()),
            R"({"key":"a","value":"4","create_revision":2,"mod_revision":5,"version":4})"
            "\n"
            R"({"key_b64":"Yv8=","value":"\u0000\n","create_revision":2,"mod_revision":5,"version":4})"
            "\n");
  EXPECT_EQ(kv_line(pair("k", "\xff"), true, false), R"({"key":"k","value_b64":"/w=="})");
}

TEST(Output, RangeRaw) {
  EXPECT_EQ(printed({.format = Format::kRaw}, two_keys()), "4\0\n"s);
  EXPECT_EQ(printed({.format = Format::kRaw, .keys_only = true}, two_keys()), "ab\xff");
}

TEST(Output, RangeFields) {
  etcdserverpb::RangeResponse response = two_keys();
  response.mutable_kvs()->DeleteSubrange(0, 1);
  EXPECT_EQ(
      printed({.format = Format::kFields}, response),
      "\"ClusterID\" : 3586811377195397337\n\"MemberID\" : 14578408409545168080\n\"Revision\" : 6\n"
      "\"RaftTerm\" : 2\n\"Key\" : \"b\\xff\"\n\"CreateRevision\" : 2\n\"ModRevision\" : 5\n\"Version\" : 4\n"
      "\"Value\" : \"\\x00\\n\"\n\"Lease\" : 0\n\"More\" : false\n\"Count\" : 2\n");
}

TEST(Output, TableIsForListsOnly) {
  EXPECT_EQ(printed({.format = Format::kTable}, two_keys()),
            "refused: the format table is for member list and endpoint only");
}

TEST(Output, PutAndDelete) {
  etcdserverpb::PutResponse put;
  EXPECT_EQ(printed({}, put), "OK\n");
  *put.mutable_prev_kv() = pair("a", "3");
  EXPECT_EQ(printed({}, put), "OK\na\n3\n");
  EXPECT_EQ(printed({.format = Format::kRaw}, put), "3");
  etcdserverpb::DeleteRangeResponse del;
  del.set_deleted(1);
  *del.add_prev_kvs() = pair("a", "3");
  EXPECT_EQ(printed({}, del), "1\na\n3\n");
  EXPECT_EQ(
      printed({.format = Format::kJson}, del),
      "{\"deleted\":1,\"prev_kvs\":[{\"key\":\"YQ==\",\"create_revision\":2,\"mod_revision\":5,\"version\":4,"
      "\"value\":\"Mw==\"}]}\n");
}

etcdserverpb::TxnResponse transaction() {
  etcdserverpb::TxnResponse response;
  response.set_succeeded(true);
  *response.add_responses()->mutable_response_range()->add_kvs() = pair("a", "4");
  response.add_responses()->mutable_response_put()->mutable_header()->set_revision(7);
  response.add_responses()->mutable_response_delete_range();
  response.add_responses()->mutable_response_txn();
  return response;
}

TEST(Output, Transaction) {
  EXPECT_EQ(printed({}, transaction()), "SUCCESS\n\na\n4\n\nOK\n\n0\n\nFAILURE\n");
  EXPECT_EQ(printed({.format = Format::kJson}, transaction()),
            R"({"succeeded":true,"responses":[{"Response":{"ResponseRange":{"kvs":[{"key":"YQ==",)"
            R"("create_revision":2,"mod_revision":5,"version":4,"value":"NA=="}]}}},)"
            R"({"Response":{"ResponsePut":{"header":{"revision":7}}}},)"
            R"({"Response":{"ResponseDeleteRange":{}}},{"Response":{"ResponseTxn":{}}}]})"
            "\n");
  EXPECT_EQ(printed({.format = Format::kRaw}, transaction()), "4");
}

TEST(Output, EndpointStatusAndHealth) {
  EndpointStatus status{.endpoint = "h:1"};
  set_header(*status.status.mutable_header());
  status.status.set_version("3.6.14");
  status.status.set_storageversion("3.6.0");
  status.status.set_dbsize(20480);
  status.status.set_dbsizeinuse(16384);
  status.status.set_leader(14578408409545168080U);
  status.status.set_raftterm(2);
  status.status.add_errors("etcdserver: no leader");
  EXPECT_EQ(printed({}, std::vector{status}),
            "h:1, ca50e9357181d4d0, 3.6.14, 3.6.0, 20 kB, 16 kB, 20%, 0 B, true, false, 2, 0, 0, "
            "etcdserver: no leader, , false\n");
  EXPECT_EQ(printed({.format = Format::kRaw}, std::vector{status}),
            "refused: the format raw is for keys and values");
  const std::vector<EndpointHealth> health = {{"a:1", true, std::chrono::milliseconds(2), ""},
                                              {"b:1", false, std::chrono::seconds(5), "no answer"}};
  std::ostringstream out;
  std::ostringstream err;
  ASSERT_TRUE(print(out, err, {}, health));
  EXPECT_EQ(out.str(), "a:1 is healthy: successfully committed proposal: took = 2ms\n");
  EXPECT_EQ(err.str(), "b:1 is unhealthy: failed to commit proposal: no answer\n");
  out.str("");
  ASSERT_TRUE(print(out, err, {.format = Format::kJson}, health));
  EXPECT_EQ(out.str(), R"([{"endpoint":"a:1","health":true,"took":"2ms"},)"
                       R"({"endpoint":"b:1","health":false,"took":"5s","error":"no answer"}])"
                       "\n");
}

}  // namespace
}  // namespace tools::kvctl
