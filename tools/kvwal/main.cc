// kvwal: looks into the log of a stopped member. Never changes it.
#include <array>
#include <string_view>

#include "tools/common/program.h"
#include "tools/kvwal/verbs.h"

namespace tools::kvwal {
namespace {

constexpr auto kCommon = std::to_array<OptionSpec>({
    {.name = "help", .letter = 'h', .help = "print this and exit"},
    {.name = "version", .help = "print the version and exit"},
    {.name = "write-out",
     .letter = 'w',
     .kind = ValueKind::kChoice,
     .placeholder = "FORMAT",
     .help = "table, or jsonl: one JSON object a line",
     .fallback = "table",
     .choices = "table|jsonl"},
});

constexpr auto kDump = std::to_array<OptionSpec>({
    {.name = "from", .kind = ValueKind::kCount, .placeholder = "INDEX", .help = "the first entry to print"},
    {.name = "to", .kind = ValueKind::kCount, .placeholder = "INDEX", .help = "the last entry to print"},
    {.name = "values",
     .kind = ValueKind::kChoice,
     .placeholder = "HOW",
     .help = "values: none, escaped or hex",
     .fallback = "escaped",
     .choices = "none|escaped|hex"},
});

constexpr auto kVerbs = std::to_array<Verb>({
    {{.name = "ls",
      .arguments = "DIR",
      .summary = "list the files of a log and its terms",
      .examples = "kvwal ls /var/lib/kvd",
      .arguments_min = 1,
      .arguments_max = 1},
     list},
    {{.name = "dump",
      .arguments = "DIR",
      .summary = "print the entries of a log, in order",
      .options = kDump,
      .examples = "kvwal dump /var/lib/kvd --from 1000 --to 1010\n"
                  "kvwal dump /var/lib/kvd -w jsonl | jq -c 'select(.key == \"cfg/x\")'",
      .arguments_min = 1,
      .arguments_max = 1},
     dump},
    {{.name = "verify",
      .arguments = "DIR",
      .summary = "check a log; exit 65 and the place when it is damaged",
      .examples = "kvwal verify /var/lib/kvd",
      .arguments_min = 1,
      .arguments_max = 1},
     verify},
});

constexpr std::string_view kUsage =
    "Usage: kvwal VERB DIR [OPTIONS]\n\n"
    "Looks into the log of a stopped kvd; DIR is its data directory or its wal directory. Changes "
    "nothing.\n";

}  // namespace

constexpr Program kProgram{
    .name = "kvwal", .version = KVD_VERSION, .usage = kUsage, .common = kCommon, .verbs = kVerbs};

}  // namespace tools::kvwal

int main(int argc, char** argv) {
  return tools::run_program(tools::kvwal::kProgram, argc, argv);
}
