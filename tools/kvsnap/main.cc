// kvsnap: looks into snapshots, and makes a new cluster from one.
#include <array>
#include <string_view>

#include "tools/common/program.h"
#include "tools/kvsnap/verbs.h"

namespace tools::kvsnap {
namespace {

constexpr auto kCommon = std::to_array<OptionSpec>({
    {.name = "help", .letter = 'h', .help = "print this and exit"},
    {.name = "version", .help = "print the version and exit"},
    {.name = "write-out",
     .letter = 'w',
     .kind = ValueKind::kChoice,
     .placeholder = "FORMAT",
     .help = "simple, or jsonl: one JSON object a line",
     .fallback = "simple",
     .choices = "simple|jsonl"},
    {.name = "output", .help = "the same as --write-out", .alias_of = "write-out"},
});

constexpr OptionSpec kPrefix{.name = "prefix",
                             .kind = ValueKind::kText,
                             .placeholder = "PREFIX",
                             .help = "only keys that begin with PREFIX"};
constexpr OptionSpec kValueOnly{.name = "print-value-only", .help = "values without their keys"};

constexpr std::array kList = {kPrefix, OptionSpec{.name = "limit",
                                                  .kind = ValueKind::kCount,
                                                  .placeholder = "N",
                                                  .help = "at most N keys; 0: all",
                                                  .fallback = "0"}};
constexpr std::array kGet = {kValueOnly};
constexpr std::array kDump = {kPrefix, kValueOnly};

constexpr auto kRestore = std::to_array<OptionSpec>({
    {.name = "data-dir",
     .kind = ValueKind::kText,
     .placeholder = "DIR",
     .help = "the directory to make; must not exist, or be empty"},
    {.name = "name",
     .kind = ValueKind::kText,
     .placeholder = "NAME",
     .help = "which member of --initial-cluster this is",
     .fallback = "default"},
    {.name = "initial-cluster",
     .kind = ValueKind::kText,
     .placeholder = "LIST",
     .help = "the members of the new cluster: name=url,name=url; default this one alone"},
    {.name = "initial-cluster-token",
     .kind = ValueKind::kText,
     .placeholder = "TEXT",
     .help = "keeps clusters with the same urls apart",
     .fallback = "etcd-cluster"},
    {.name = "initial-advertise-peer-urls",
     .kind = ValueKind::kText,
     .placeholder = "URLS",
     .help = "this member's peer urls",
     .fallback = "http://localhost:2380"},
    {.name = "bump-revision",
     .kind = ValueKind::kCount,
     .placeholder = "N",
     .help = "move the revision forward by N and compact what is older; 0: go on where it was",
     .fallback = "1000000000"},
    {.name = "mark-compacted", .help = "with --bump-revision=0: compact what is older all the same"},
});

constexpr std::string_view kWhere =
    "WHERE is a file, - for standard input, or the data directory of a stopped member.";

constexpr auto kVerbs = std::to_array<Verb>({
    {{.name = "info",
      .arguments = "WHERE",
      .summary = "say what a snapshot is of",
      .details = kWhere,
      .examples = "kvsnap info backup.snap",
      .arguments_min = 1,
      .arguments_max = 1},
     info},
    {{.name = "verify",
      .arguments = "WHERE",
      .summary = "check every row of a snapshot; exit 65 and the place when it is damaged",
      .details = kWhere,
      .examples = "kvsnap verify backup.snap\n"
                  "kvctl snapshot save - | tee backup.snap | kvsnap verify -",
      .arguments_min = 1,
      .arguments_max = 1},
     verify},
    {{.name = "ls",
      .arguments = "WHERE",
      .summary = "list the keys",
      .details = kWhere,
      .options = kList,
      .examples = "kvsnap ls backup.snap --prefix cfg/",
      .arguments_min = 1,
      .arguments_max = 1},
     list},
    {{.name = "get",
      .arguments = "WHERE KEY",
      .summary = "print one key; exit 1 when it is not there",
      .details = kWhere,
      .options = kGet,
      .examples = "kvsnap get backup.snap cfg/x --print-value-only",
      .arguments_min = 2,
      .arguments_max = 2},
     get},
    {{.name = "dump",
      .arguments = "WHERE",
      .summary = "print keys and values, in the order of keys",
      .details = kWhere,
      .options = kDump,
      .examples = "kvsnap dump backup.snap -w jsonl | kvctl import -",
      .arguments_min = 1,
      .arguments_max = 1},
     dump},
    {{.name = "restore",
      .arguments = "WHERE",
      .summary = "make the data directory of one member of a new cluster",
      .details = kWhere,
      .options = kRestore,
      .examples = "kvsnap restore backup.snap --data-dir /var/lib/kvd --name a "
                  "--initial-cluster a=http://10.0.0.1:2380,b=http://10.0.0.2:2380,c=http://10.0.0.3:2380",
      .arguments_min = 1,
      .arguments_max = 1},
     restore},
});

constexpr std::string_view kUsage =
    "Usage: kvsnap VERB WHERE [OPTIONS]\n\n"
    "Looks into snapshots of kvd and makes a new cluster from one. WHERE is a file, - for\n"
    "standard input, or the data directory of a stopped member, which is not changed.\n";

}  // namespace

constexpr Program kProgram{
    .name = "kvsnap", .version = KVD_VERSION, .usage = kUsage, .common = kCommon, .verbs = kVerbs};

}  // namespace tools::kvsnap

int main(int argc, char** argv) {
  return tools::run_program(tools::kvsnap::kProgram, argc, argv);
}
