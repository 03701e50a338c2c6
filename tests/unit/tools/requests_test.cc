// Requests, endpoints, lines of an import, and the benchmark's requests.
#include "tools/kvctl/requests.h"

#include <gtest/gtest.h>

#include "tools/kvctl/bench_plan.h"
#include "tools/kvctl/endpoint.h"
#include "tools/kvctl/import_line.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/settings.h"

namespace tools::kvctl {
namespace {

using namespace std::string_literals;

Parsed parse(std::span<const OptionSpec> options, const std::vector<std::string>& words) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  auto parsed = OptionParser(options, common_options()).parse(words, nothing, {});
  EXPECT_TRUE(parsed);
  return parsed.value_or(Parsed());
}

Outcome<KeyRange> range_of(const std::vector<std::string>& words) {
  return key_range(parse(kGetLineOptions, words));
}

TEST(KeyRange, APrefixEndsBehindItsLastKey) {
  EXPECT_EQ(prefix_end("a"), "b");
  EXPECT_EQ(prefix_end("a\xff\xff"), "b");
  EXPECT_EQ(prefix_end("a\x7f"), "a\x80");
  EXPECT_EQ(prefix_end("\xff"), "\0"s);
  EXPECT_EQ(prefix_end(""), "\0"s);
}

TEST(KeyRange, TakesKeysInEveryForm) {
  EXPECT_EQ(range_of({"a"})->range_end, "");
  EXPECT_EQ(range_of({"a", "c"})->range_end, "c");
  EXPECT_EQ(range_of({"a", "--from-key"})->range_end, "\0"s);
  EXPECT_EQ(range_of({"61ff", "--key-hex"})->key, "a\xff");
  EXPECT_EQ(range_of({"YQ==", "Yw==", "--key-b64"})->range_end, "c");
}

TEST(KeyRange, TheEmptyPrefixIsEverything) {
  for (const std::string option : {"--prefix", "--from-key"}) {
    const auto range = range_of({"", option});
    ASSERT_TRUE(range);
    EXPECT_EQ(range->key, "\0"s);
    EXPECT_TRUE(range->is_everything());
  }
  EXPECT_FALSE(range_of({"a", "--from-key"})->is_everything());
  EXPECT_FALSE(range_of({""})->is_everything());
}

TEST(KeyRange, RefusesWhatContradictsItself) {
  EXPECT_EQ(range_of({"a", "--prefix", "--from-key"}).error().exit, kExitUsage);
  EXPECT_EQ(range_of({"a", "b", "--prefix"}).error().exit, kExitUsage);
  EXPECT_EQ(range_of({"6", "--key-hex"}).error().text, "key \"6\": not hexadecimal");
  EXPECT_EQ(range_of({"61", "--key-hex", "--key-b64"}).error().exit, kExitUsage);
}

TEST(RangeRequest, HasEveryOption) {
  const auto request = range_request(
      parse(kGetLineOptions,
            {"a", "--limit", "3", "--rev", "7", "--sort-by", "modify", "--keys-only", "--consistency", "s",
             "--min-mod-rev", "1", "--max-mod-rev", "2", "--min-create-rev", "3", "--max-create-rev", "4"}));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->ShortDebugString(),
            "key: \"a\" limit: 3 revision: 7 sort_order: ASCEND sort_target: MOD serializable: true "
            "keys_only: true "
            "min_mod_revision: 1 max_mod_revision: 2 min_create_revision: 3 max_create_revision: 4");
}

TEST(PutRequest, LeasesAreHexadecimal) {
  EXPECT_EQ(put_request(parse(kPutLineOptions, {"a", "--lease", "694d"}), "v")->lease(), 0x694d);
  EXPECT_EQ(put_request(parse(kPutLineOptions, {"a", "--lease", "xyz"}), "v").error().exit, kExitUsage);
}

TEST(Endpoint, IsReadInEveryForm) {
  EXPECT_EQ(parse_endpoint("h"), (Endpoint{"h", "h", 2379, std::nullopt}));
  EXPECT_EQ(parse_endpoint("h:1"), (Endpoint{"h:1", "h", 1, std::nullopt}));
  EXPECT_EQ(parse_endpoint("http://h:1/"), (Endpoint{"http://h:1/", "h", 1, false}));
  EXPECT_EQ(parse_endpoint("https://[::1]:9"), (Endpoint{"https://[::1]:9", "::1", 9, true}));
  EXPECT_EQ(parse_endpoints("a:1,,b:2")->size(), 2U);
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "ftp://h", "h:", "h:0", "h:65536", "h:x", "::1", "[::1", "h/p", "[::1]x"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
  EXPECT_FALSE(parse_endpoints(","));
}

TEST(ImportLine, ReadsTextAndBytes) {
  EXPECT_EQ(parse_import_line(R"({"key":"k\u0000","value":"é"})").value(), (ImportLine{"k\0"s, "é"}));
  EXPECT_EQ(parse_import_line(R"({"value_b64":"/w==","key_b64":"YQ==","version":3})").value(),
            (ImportLine{"a", "\xff"}));
  EXPECT_TRUE(parse_import_line(R"({"key":"k","value":"","lease":5})")->had_lease);
}

TEST(ImportLine, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"{", "not JSON: incomplete JSON"},
      {"[]", "not a JSON object"},
      {"{}", "no \"key\" and no \"key_b64\""},
      {R"({"key":"k"})", "no \"value\" and no \"value_b64\""},
      {R"({"key":"k","key_b64":"YQ==","value":""})", "both \"key\" and \"key_b64\""},
      {R"({"key":1,"value":""})", "the key is not a string"},
      {R"({"key":"","value":""})", "the key is empty"},
      {R"({"key":"k","value_b64":"!"})", "\"value_b64\" is not base64"},
  };
  for (const auto& [line, fault] : faults) {
    const auto parsed = parse_import_line(line);
    ASSERT_FALSE(parsed) << line;
    EXPECT_EQ(parsed.error().exit, kExitData);
    EXPECT_EQ(parsed.error().text.substr(0, fault.size()), fault);
  }
}

Outcome<BenchPlan> plan_of(const std::vector<std::string>& words) {
  return read_bench_plan(parse(bench_options(), words));
}

TEST(Bench, RequestsDifferInTheirKeysOnly) {
  for (const std::string operation : {"put", "get", "txn", "range"}) {
    const auto plan = plan_of({operation, "--key-size", "12", "--val-size", "20"});
    ASSERT_TRUE(plan);
    const RequestMold mold(*plan);
    EXPECT_EQ(mold.key(42), "bench/000042");
    EXPECT_EQ(mold.make(0).size(), mold.make(99999).size());
    EXPECT_NE(mold.make(0), mold.make(1));
    EXPECT_NE(mold.make(77).find("bench/000077"), std::string::npos);
  }
}

TEST(Bench, RequestsParse) {
  const auto plan = plan_of({"txn", "--val-size", "3"});
  ASSERT_TRUE(plan);
  etcdserverpb::TxnRequest request;
  ASSERT_TRUE(request.ParseFromString(RequestMold(*plan).make(99999)));
  EXPECT_EQ(request.compare(0).key(), "bench/0000099999");
  EXPECT_EQ(request.success(0).request_put().key(), "bench/0000099999");
  EXPECT_EQ(request.success(0).request_put().value().size(), 3U);
}

TEST(Bench, RefusesPlansThatCannotBe) {
  EXPECT_EQ(plan_of({"dance"}).error().text,
            "\"dance\" is none of put, get, txn, range, lease-grant, lease-keep-alive, watch");
  EXPECT_EQ(plan_of({"put", "--key-size", "8"}).error().exit, kExitUsage);
  EXPECT_EQ(plan_of({"put", "--connections", "0"}).error().text, "--connections 0: must be 1 to 10000");
  EXPECT_EQ(plan_of({"put", "--total", "1", "--duration", "1s"}).error().exit, kExitUsage);
}

}  // namespace
}  // namespace tools::kvctl
