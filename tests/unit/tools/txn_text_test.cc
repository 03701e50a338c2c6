#include "tools/kvctl/txn_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace tools::kvctl {
namespace {

using etcdserverpb::Compare;

std::string fault(std::string_view line) {
  const auto compare = parse_compare(line);
  if (compare) return "none";
  EXPECT_EQ(compare.error().exit, kExitData);
  return compare.error().text;
}

TEST(TxnText, ReadsEveryTarget) {
  const auto version = parse_compare(R"(version("k") > "0")");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->target(), Compare::VERSION);
  EXPECT_EQ(version->result(), Compare::GREATER);
  EXPECT_EQ(version->key(), "k");
  EXPECT_EQ(version->version(), 0);
  EXPECT_EQ(parse_compare(R"(c("k") = "7")")->create_revision(), 7);
  EXPECT_EQ(parse_compare(R"(mod("k") < "-1")")->mod_revision(), -1);
  EXPECT_EQ(parse_compare(R"(val("k") != "a b\n")")->value(), "a b\n");
  EXPECT_EQ(parse_compare(R"(val("k") != "x")")->result(), Compare::NOT_EQUAL);
  EXPECT_EQ(parse_compare(R"(lease("k") = "1f")")->lease(), 31);
}

TEST(TxnText, IsEasyAboutBlanksAndBareNumbers) {
  const auto compare = parse_compare("  ver( \"k\\x00\" )<3 ");
  ASSERT_TRUE(compare) << compare.error().text;
  EXPECT_EQ(compare->key(), std::string("k\0", 2));
  EXPECT_EQ(compare->version(), 3);
}

TEST(TxnText, SaysWhatIsWrongWithACompare) {
  EXPECT_EQ(fault(R"(foo("a") > "0")"), R"(malformed comparison: foo("a") > "0" (unknown target foo))");
  EXPECT_EQ(fault(R"(mod(a) > "0")"),
            R"(malformed comparison: mod(a) > "0" (the key must be in double quotes))");
  EXPECT_EQ(fault(R"(mod("a") ~ "0")"),
            R"(malformed comparison: mod("a") ~ "0" (the operator must be one of = != < >))");
  EXPECT_EQ(fault(R"(mod("a") >= "0")"), R"(malformed comparison: mod("a") >= "0" (not a value for mod))");
  EXPECT_EQ(fault(R"(mod("a") > "x")"), R"(malformed comparison: mod("a") > "x" (not a value for mod))");
  EXPECT_EQ(fault(R"(mod("a") > "1" x)"), R"(malformed comparison: mod("a") > "1" x (not a value for mod))");
  EXPECT_EQ(fault("nothing"), "malformed comparison: nothing");
}

TEST(TxnText, SplitsWordsAsAShellWouldRoughly) {
  EXPECT_EQ(split_words(R"(put  "sp ace" 'si "ngle' plain "" a"b)").value(),
            (std::vector<std::string>{"put", "sp ace", "si \"ngle", "plain", "", "a\"b"}));
  EXPECT_FALSE(split_words("get 'open"));
  EXPECT_FALSE(split_words("get \"open"));
}

TEST(TxnText, OperationsTakeTheirOptions) {
  const auto get = parse_operation("get a --prefix --limit 3 --order DESCEND");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->request_range().range_end(), "b");
  EXPECT_EQ(get->request_range().limit(), 3);
  EXPECT_EQ(get->request_range().sort_order(), etcdserverpb::RangeRequest::DESCEND);
  const auto put = parse_operation("put k \"v\\x01 w\" --lease 1f --prev-kv");
  ASSERT_TRUE(put);
  EXPECT_EQ(put->request_put().value(), "v\x01 w");
  EXPECT_EQ(put->request_put().lease(), 31);
  EXPECT_TRUE(put->request_put().prev_kv());
  EXPECT_EQ(parse_operation("put k @file")->request_put().value(), "@file");
  EXPECT_EQ(parse_operation("del a b")->request_delete_range().range_end(), "b");
}

TEST(TxnText, SaysWhatIsWrongWithAnOperation) {
  EXPECT_EQ(parse_operation("foo a").error().text,
            "invalid txn request: foo a: \"foo\" is none of get, put, del");
  EXPECT_EQ(parse_operation("put a").error().text, "invalid txn request: put a: put takes KEY and VALUE");
  EXPECT_EQ(parse_operation("get").error().text, "invalid txn request: get: there is no KEY");
  EXPECT_EQ(parse_operation("get a --foo").error().text,
            "invalid txn request: get a --foo: unknown option --foo");
}

TEST(TxnText, ReadsAWholeTransaction) {
  std::istringstream in("ver(\"a\") = \"0\"\nmod(\"b\") > \"1\"\n\nput a 1\n\nget a\nget b\n\n");
  std::string prompts;
  const auto request = parse_transaction(in, [&prompts](std::string_view text) { prompts += text; });
  ASSERT_TRUE(request);
  EXPECT_EQ(request->compare_size(), 2);
  EXPECT_EQ(request->success_size(), 1);
  EXPECT_EQ(request->failure_size(), 2);
  EXPECT_EQ(prompts, "compares:success requests (get, put, del):failure requests (get, put, del):");
}

TEST(TxnText, TheEndOfTheInputEndsTheTransaction) {
  std::istringstream in("\nput a 1");
  const auto request = parse_transaction(in, [](std::string_view) {});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->compare_size(), 0);
  EXPECT_EQ(request->success_size(), 1);
  EXPECT_EQ(request->failure_size(), 0);
}

TEST(TxnText, FaultsNameTheLine) {
  std::istringstream in("ver(\"a\") = \"0\"\n\nput a 1\nfoo\n");
  const auto request = parse_transaction(in, [](std::string_view) {});
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().text, "line 4: invalid txn request: foo: \"foo\" is none of get, put, del");
}

}  // namespace
}  // namespace tools::kvctl
