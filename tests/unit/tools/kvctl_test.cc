// kvctl as its user sees it: words in; an exit code, data and words out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/tools/kvctl_fixture.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

using namespace std::string_literals;

TEST_F(Kvctl, PutsAndGets) {
  EXPECT_EQ(run({"put", "k", "v"}), ok("OK\n"));
  EXPECT_EQ(run({"get", "k"}), ok("k\nv\n"));
  EXPECT_EQ(run({"-w", "raw", "get", "k"}), ok("v"));
  EXPECT_EQ(run({"get", "k", "--print0"}), ok("k\0v\0"s));
  EXPECT_EQ(run({"get", "k", "-w", "jsonl"}),
            ok("{\"key\":\"k\",\"value\":\"v\",\"create_revision\":2,\"mod_revision\":2,\"version\":1}\n"));
}

TEST_F(Kvctl, AMissingKeyIsExitOneAndSilence) {
  EXPECT_EQ(run({"get", "k"}), (Ran{1, "", ""}));
  EXPECT_EQ(run({"get", "k", "--prefix"}), (Ran{1, "", ""}));
  EXPECT_EQ(run({"get", "k", "--allow-missing"}), ok(""));
  EXPECT_EQ(run({"get", "k", "--default", "d", "--print-value-only"}), ok("d\n"));
  EXPECT_EQ(run({"get", "k", "--default=", "-w", "raw"}), ok(""));
  EXPECT_EQ(run({"get", "k", "--prefix", "--count-only"}), ok("0\n"));
}

TEST_F(Kvctl, ValuesComeFromArgumentsInputAndFiles) {
  const auto path = std::filesystem::temp_directory_path() / ("kvctl_test_" + std::to_string(getpid()));
  std::ofstream(path, std::ios::binary) << "a\0b\n"s;
  EXPECT_EQ(run({"put", "k", "@" + path.string()}).exit, 0);
  EXPECT_EQ(run({"get", "k", "-w", "raw"}).out, "a\0b\n"s);
  std::filesystem::remove(path);
  EXPECT_EQ(run({"put", "k", "@" + path.string()}).exit, kExitNoInput);
  EXPECT_EQ(run({"put", "k", "-"}, "in\n").exit, 0);
  EXPECT_EQ(run({"get", "k", "-w", "raw"}).out, "in\n");
  EXPECT_EQ(run({"put", "k"}, "in2").exit, 0);
  EXPECT_EQ(run({"get", "k", "-w", "raw"}).out, "in2");
  EXPECT_EQ(run({"put", "k", "@@x"}).exit, 0);
  EXPECT_EQ(run({"get", "k", "-w", "raw"}).out, "@x");
  EXPECT_EQ(run({"put", "--literal", "k", "@x"}).exit, 0);
  EXPECT_EQ(run({"put", "k", ""}).exit, 0);
  EXPECT_EQ(run({"get", "k", "-w", "raw"}).out, "");
}

TEST_F(Kvctl, ConditionsHoldOrAreAConflict) {
  EXPECT_EQ(run({"put", "k", "v1", "--if-absent"}), ok("OK\n"));
  EXPECT_EQ(run({"put", "k", "v1", "--if-absent"}),
            (Ran{2, "", "Error: conflict: \"k\" has version 1, mod revision 2, create revision 2\n"}));
  EXPECT_EQ(run({"put", "k", "v2", "--if-version", "1", "--print-rev"}), ok("3\n"));
  EXPECT_EQ(run({"put", "k", "v3", "--if-value", "v2", "--if-mod-rev", "3"}), ok("OK\n"));
  EXPECT_EQ(run({"put", "z", "v", "--if-present"}), (Ran{2, "", "Error: conflict: \"z\" does not exist\n"}));
  EXPECT_EQ(run({"cas", "k", "v3", "v4"}), ok("OK\n"));
  EXPECT_EQ(run({"cas", "k", "v3", "v5"}).exit, kExitConflict);
  EXPECT_EQ(run({"del", "k", "--if-value", "v3"}).exit, kExitConflict);
  EXPECT_EQ(run({"del", "k", "--if-value", "v4"}), ok("1\n"));
  EXPECT_EQ(run({"del", "a", "b", "--if-absent"}).exit, kExitUsage);
}

TEST_F(Kvctl, DeletingEverythingMustBeMeant) {
  run({"put", "a", "1"});
  run({"put", "b", "1"});
  EXPECT_EQ(run({"del", "", "--prefix"}).exit, kExitUsage);
  EXPECT_EQ(run({"del", "00", "00", "--key-hex"}).exit, kExitUsage);
  EXPECT_EQ(etcd.size(), 2U);
  EXPECT_EQ(run({"del", "", "--prefix", "--all"}), ok("2\n"));
  EXPECT_EQ(run({"del", "a"}), ok("0\n"));
}

TEST_F(Kvctl, TransactionsRunAndCanBeRequired) {
  const std::string text = "ver(\"k\") = \"0\"\n\nput k 1\n\nget k\n\n";
  EXPECT_EQ(run({"txn"}, text), ok("SUCCESS\n\nOK\n"));
  EXPECT_EQ(run({"txn"}, text), ok("FAILURE\n\nk\n1\n"));
  EXPECT_EQ(run({"txn", "--require"}, text).exit, kExitConflict);
  EXPECT_EQ(run({"txn"}, "foo\n").exit, kExitData);
}

TEST_F(Kvctl, AWriteOfUnknownOutcomeIsExitThree) {
  etcd.refuse_puts({kv::rpc::Code::kUnavailable, "etcdserver: request timed out"});
  const Ran ran = run({"put", "k", "v"});
  EXPECT_EQ(ran.exit, kExitUnknown);
  EXPECT_EQ(ran.err, "Error: outcome unknown: the request was sent, and may or may not have been applied; " +
                         etcd.endpoint() + ": etcdserver: request timed out\n");
}

TEST_F(Kvctl, ExportGivesWhatImportTakes) {
  for (int i = 0; i < 250; ++i)
    run({"put", "--literal", "--", "k" + std::to_string(i), std::string(1, static_cast<char>(i)) + "v"});
  const Ran all = run({"export", "-q"});
  EXPECT_EQ(all.exit, 0);
  EXPECT_EQ(std::ranges::count(all.out, '\n'), 250);
  EXPECT_EQ(run({"export", "--prefix", "k24", "-q"}).out.substr(0, 15), "{\"key\":\"k24\",\"v");
  EXPECT_EQ(run({"del", "", "--prefix", "--all"}).out, "250\n");
  EXPECT_EQ(run({"import", "--dry-run"}, all.out).err, "dry run: 250 keys, nothing was written\n");
  EXPECT_EQ(run({"import", "-q"}, all.out), ok(""));
  EXPECT_EQ(run({"export", "-q"}).out, all.out);
  EXPECT_EQ(run({"import", "--mode", "create", "-q"}, all.out), ok(""));
  run({"put", "k1", "other"});
  EXPECT_EQ(run({"import", "--mode", "create", "-q"}, all.out).exit, kExitConflict);
}

TEST_F(Kvctl, ABadLineOfAnImportIsNamed) {
  const Ran ran = run({"import"}, "{\"key\":\"a\",\"value\":\"1\"}\n\nnonsense\n");
  EXPECT_EQ(ran.exit, kExitData);
  EXPECT_TRUE(ran.err.starts_with("Error: line 3: not JSON: ")) << ran.err;
  EXPECT_EQ(etcd.size(), 1U);
}

TEST_F(Kvctl, ShowsTheCluster) {
  EXPECT_EQ(run({"member", "list"}),
            ok("abc, started, one, http://127.0.0.1:1, http://" + etcd.endpoint() + ", false\n"));
  EXPECT_EQ(run({"member", "-w", "json", "list"}).out.substr(0, 50),
            "{\"header\":{\"cluster_id\":193,\"revision\":1},\"members");
  EXPECT_EQ(run({"alarm", "list"}), ok(""));
  EXPECT_EQ(run({"status"}).out.substr(0, etcd.endpoint().size() + 12), etcd.endpoint() + ", abc, 3.6.0");
  EXPECT_EQ(run({"endpoint", "status", "--cluster"}).exit, 0);
  EXPECT_EQ(run({"endpoint", "health"}).exit, 0);
  EXPECT_EQ(run({"compaction", "7"}), ok("compacted revision 7\n"));
  EXPECT_EQ(run({"compaction", "x"}).exit, kExitUsage);
}

TEST_F(Kvctl, BenchmarksAndCounts) {
  const Ran ran = run({"bench", "put", "--total", "500", "--warm-up", "0s", "--sequential", "--key-space",
                       "100", "--connections", "2", "--streams", "4", "-w", "json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_NE(ran.out.find("\"calls\":500,\"failures\":0,"), std::string::npos) << ran.out;
  EXPECT_EQ(etcd.size(), 100U);
  for (const std::string operation : {"get", "txn", "range"}) {
    const Ran other = run({"bench", operation, "--total", "50", "--warm-up", "0s", "--key-space", "100"});
    EXPECT_TRUE(other.out.starts_with(operation + ": 50 calls in ")) << other;
  }
}

TEST_F(Kvctl, ABenchmarkCountsFailuresByTheirText) {
  etcd.refuse_puts({kv::rpc::Code::kUnavailable, "etcdserver: no leader"});
  const Ran ran = run({"bench", "put", "--total", "20", "--warm-up", "0s"});
  EXPECT_EQ(ran.exit, kExitNo);
  EXPECT_NE(ran.out.find("failed 20 times: Unavailable: etcdserver: no leader\n"), std::string::npos)
      << ran.out;
}

TEST_F(Kvctl, SlipsAreUsageErrors) {
  EXPECT_EQ(run({"gte", "k"}), (Ran{64, "", "Error: unknown command \"gte\"; did you mean \"get\"?\n"}));
  EXPECT_EQ(run({"get"}), (Ran{64, "", "Error: arguments are missing: kvctl get KEY [RANGE_END]\n"}));
  EXPECT_EQ(run({"get", "a", "b", "c"}).exit, kExitUsage);
  EXPECT_EQ(run({"member"}), (Ran{64, "",
                                  "Error: \"member\" needs a verb: member list, member add, member remove, "
                                  "member update, member promote, member replace\n"}));
  EXPECT_EQ(run({"get", "k", "--limt", "1"}).exit, kExitUsage);
  EXPECT_EQ(run({}), (Ran{64, "", "Error: no command; see kvctl help\n"}));
  EXPECT_EQ(run({"get", "k", "--cert", "x"}), (Ran{64, "", "Error: --cert and --key go together\n"}));
}

TEST_F(Kvctl, HelpIsThereForEveryCommand) {
  EXPECT_EQ(run({"help"}), run({"--help"}));
  for (const Command& command : commands()) {
    std::vector<std::string> words = {"help"};
    std::istringstream names{std::string(command.spec.name)};
    words.insert(words.end(), std::istream_iterator<std::string>(names), {});
    const Ran page = run(words);
    EXPECT_EQ(page.exit, 0);
    EXPECT_TRUE(page.out.starts_with("kvctl " + std::string(command.spec.name))) << page.out;
    words.erase(words.begin());
    words.emplace_back("--help");
    EXPECT_EQ(run(words), page);
  }
  EXPECT_EQ(run({"help", "nothing"}).exit, kExitUsage);
}

TEST_F(Kvctl, TheManPageHasEveryCommandAndOption) {
  std::ifstream file(std::string(KVD_SOURCE_DIR) + "/man/kvctl.1");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto has = [&page](const std::string& text) { return page.find(text) != std::string::npos; };
  for (const OptionSpec& option : common_options()) {
    EXPECT_TRUE(has("Fl -" + std::string(option.name))) << option.name;
  }
  for (const Command& command : commands()) {
    EXPECT_TRUE(has(".It Cm " + std::string(command.spec.name))) << command.spec.name;
    for (const OptionSpec& option : command.spec.options) {
      EXPECT_TRUE(has("Fl -" + std::string(option.name))) << command.spec.name << " " << option.name;
    }
  }
}

}  // namespace
}  // namespace tools::kvctl
