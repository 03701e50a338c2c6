#include "tools/common/options.h"

#include <gtest/gtest.h>

#include "tools/common/help.h"

namespace tools {
namespace {

constexpr std::array kOwn = {
    OptionSpec{.name = "prefix", .help = "all below"},
    OptionSpec{.name = "limit", .kind = ValueKind::kCount, .placeholder = "N", .help = "at most N"},
    OptionSpec{.name = "order", .kind = ValueKind::kChoice, .placeholder = "O", .choices = "ASCEND|DESCEND"},
    OptionSpec{.name = "default", .kind = ValueKind::kText, .placeholder = "V"},
};
constexpr std::array kCommon = {
    OptionSpec{.name = "write-out",
               .letter = 'w',
               .kind = ValueKind::kText,
               .placeholder = "FORMAT",
               .help = "how to print",
               .fallback = "simple"},
    OptionSpec{.name = "timeout", .kind = ValueKind::kDuration, .placeholder = "TIME", .fallback = "5s"},
    OptionSpec{.name = "command-timeout", .placeholder = "TIME", .alias_of = "timeout"},
    OptionSpec{.name = "quiet", .letter = 'q', .help = "no words"},
};
constexpr std::array<std::string_view, 2> kPrefixes = {"KVCTL_", "ETCDCTL_"};

using Variables = std::map<std::string, std::string>;

Outcome<Parsed> parse(const std::vector<std::string>& words, const Variables& variables = {}) {
  const Environment environment = [&variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  return OptionParser(kOwn, kCommon).parse(words, environment, kPrefixes);
}

std::string fault(const std::vector<std::string>& words, const Variables& variables = {}) {
  const auto parsed = parse(words, variables);
  if (parsed) return "none";
  EXPECT_EQ(parsed.error().exit, kExitUsage);
  return parsed.error().text;
}

TEST(Options, ComeBetweenArgumentsInAnyOrder) {
  const auto parsed = parse({"-w", "json", "key", "--prefix", "end", "--limit=3"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->arguments(), (std::vector<std::string>{"key", "end"}));
  EXPECT_EQ(parsed->text("write-out"), "json");
  EXPECT_TRUE(parsed->on("prefix"));
  EXPECT_EQ(parsed->number("limit"), 3);
  EXPECT_FALSE(parsed->on("quiet"));
  EXPECT_EQ(parsed->duration("timeout"), std::chrono::seconds(5));
  EXPECT_FALSE(parsed->given("timeout"));
}

TEST(Options, LettersTakeTheirValueInEveryForm) {
  for (const auto& words :
       {std::vector<std::string>{"-w", "json"}, {"-wjson"}, {"-w=json"}, {"--write-out=json"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text("write-out"), "json");
  }
}

TEST(Options, SwitchesTakeNoWord) {
  const auto parsed = parse({"--prefix", "key", "-q", "end"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->arguments(), (std::vector<std::string>{"key", "end"}));
  EXPECT_TRUE(parsed->on("prefix"));
  EXPECT_TRUE(parsed->on("quiet"));
  EXPECT_EQ(parse({"-qw", "json", "x"})->text("write-out"), "json");
}

TEST(Options, AValueMayLookLikeAnOption) {
  EXPECT_EQ(parse({"--default", "--prefix", "x"})->text("default"), "--prefix");
  EXPECT_EQ(parse({"--default", "--"})->text("default"), "--");
  EXPECT_EQ(parse({"--default", "a=b=c"})->text("default"), "a=b=c");
  EXPECT_EQ(parse({"--default", ""})->text("default"), "");
}

TEST(Options, SwitchesCanBeTurnedOff) {
  EXPECT_FALSE(parse({"--prefix=false"})->on("prefix"));
  EXPECT_TRUE(parse({"--prefix=true"})->on("prefix"));
  EXPECT_FALSE(parse({"--prefix", "--prefix=false"})->on("prefix"));
}

TEST(Options, TheLastOneCounts) {
  EXPECT_EQ(parse({"--limit", "1", "--limit", "2"})->number("limit"), 2);
}

TEST(Options, AnEmptyValueIsAValue) {
  const auto parsed = parse({"--default=", "key"});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->given("default"));
  EXPECT_EQ(parsed->text("default"), "");
  EXPECT_EQ(parsed->arguments().size(), 1U);
  EXPECT_EQ(parse({"", "-"})->arguments(), (std::vector<std::string>{"", "-"}));
}

TEST(Options, EverythingBehindTwoDashesIsAnArgument) {
  EXPECT_EQ(parse({"--", "-x", "--limit", "--"})->arguments(),
            (std::vector<std::string>{"-x", "--limit", "--"}));
}

TEST(Options, ChoicesMayBeInAnyCase) {
  EXPECT_EQ(parse({"--order", "descend"})->text("order"), "DESCEND");
}

TEST(Options, AliasesAreTheOptionThemselves) {
  EXPECT_EQ(parse({"--command-timeout", "300ms"})->duration("timeout"), std::chrono::milliseconds(300));
}

TEST(Options, FaultsNameTheOption) {
  EXPECT_EQ(fault({"--limt", "3"}), "unknown option --limt; did you mean --limit?");
  EXPECT_EQ(fault({"--zebra"}), "unknown option --zebra");
  EXPECT_EQ(fault({"--lim", "3"}), "unknown option --lim; did you mean --limit?");
  EXPECT_EQ(fault({"-x"}), "unknown option -x; an argument that begins with - goes behind --");
  EXPECT_EQ(fault({"--limit", "many"}), "--limit \"many\": not a whole number of 0 or more");
  EXPECT_EQ(fault({"--limit", "-1"}), "--limit \"-1\": not a whole number of 0 or more");
  EXPECT_EQ(fault({"--order", "x"}), "--order \"x\": not one of ASCEND|DESCEND");
  EXPECT_EQ(fault({"--prefix=maybe"}), "--prefix \"maybe\": it takes no value, or =true or =false");
  EXPECT_EQ(fault({"--timeout", "soon"}), "--timeout \"soon\": not a duration (300ms, 5s, 1m30s)");
  EXPECT_NE(fault({"--limit"}), "none");
}

TEST(Options, TheEnvironmentFillsCommonOptionsOnly) {
  const Variables variables = {{"KVCTL_TIMEOUT", "7s"},
                               {"ETCDCTL_WRITE_OUT", "json"},
                               {"ETCDCTL_TIMEOUT", "9s"},
                               {"KVCTL_LIMIT", "3"}};
  const auto parsed = parse({}, variables);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->duration("timeout"), std::chrono::seconds(7));
  EXPECT_EQ(parsed->text("write-out"), "json");
  EXPECT_TRUE(parsed->given("write-out"));
  EXPECT_EQ(parsed->number("limit"), 0);
  EXPECT_EQ(parse({"-w", "raw"}, variables)->text("write-out"), "raw");
  EXPECT_EQ(parse({}, {{"ETCDCTL_COMMAND_TIMEOUT", "9s"}})->duration("timeout"), std::chrono::seconds(9));
}

TEST(Options, AFaultInTheEnvironmentNamesTheVariable) {
  EXPECT_EQ(fault({}, {{"KVCTL_TIMEOUT", "soon"}}),
            "environment variable KVCTL_TIMEOUT: --timeout \"soon\": not a duration (300ms, 5s, 1m30s)");
}

TEST(Options, PlainWordsSkipOptionsAndTheirValues) {
  const std::vector<std::string> words = {"-w", "json", "--quiet", "member", "--timeout=3s",
                                          "-q", "list", "--",      "x"};
  EXPECT_EQ(plain_words(words, kCommon, 9), (std::vector<std::size_t>{3, 6}));
  EXPECT_EQ(plain_words(words, kCommon, 1), (std::vector<std::size_t>{3}));
  EXPECT_EQ(plain_words({"--timeout"}, kCommon, 2), (std::vector<std::size_t>{}));
}

TEST(Help, IsWrittenFromTheTable) {
  const CommandSpec spec{.name = "get",
                         .arguments = "KEY",
                         .summary = "Print a key.",
                         .details = "One line.\nAnother.",
                         .options = kCommon,
                         .examples = "tool get a"};
  EXPECT_EQ(command_help("tool", spec, "More: tool help"),
            "tool get [OPTIONS] KEY\n"
            "  Print a key.\n"
            "  One line.\n"
            "  Another.\n"
            "\n"
            "OPTIONS\n"
            "  -w, --write-out FORMAT  how to print (default simple)\n"
            "  --timeout TIME           (default 5s)\n"
            "  --command-timeout TIME  the same as --timeout\n"
            "  -q, --quiet             no words\n"
            "\n"
            "EXAMPLES\n"
            "  tool get a\n"
            "\n"
            "More: tool help\n");
}

}  // namespace
}  // namespace tools
