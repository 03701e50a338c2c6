// kvwal: looks into the log of a stopped member. Never changes it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/common/help.h"
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

const auto kVerbs = std::to_array<Verb>({
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

int complain(const Failure& failure) {
  std::fflush(stdout);
  std::fprintf(stderr, "kvwal: %s\n", failure.text.c_str());
  return failure.exit;
}

int print_help() {
  std::string text =
      "Usage: kvwal VERB DIR [OPTIONS]\n\n"
      "Looks into the log of a stopped kvd; DIR is its data directory or its wal directory. Changes "
      "nothing.\n\nVerbs\n";
  for (const Verb& verb : kVerbs) {
    std::string left = "  " + std::string(verb.spec.name);
    left.resize(12, ' ');
    text += left + std::string(verb.spec.summary) + "\n";
  }
  text += "\nOptions\n" + option_list(kCommon) + "\nkvwal VERB --help tells more.\n";
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

int main_with(std::vector<std::string> words) {
  const auto places = plain_words(words, kCommon, 1);
  if (places.empty()) {
    const auto parsed = OptionParser({}, kCommon).parse(words, {}, {});
    if (!parsed) return complain(parsed.error());
    if (parsed->on("version")) return std::printf("kvwal %s\n", KVD_VERSION) < 0 ? kExitIo : kExitOk;
    return parsed->on("help") ? print_help() : (print_help(), kExitUsage);
  }
  const std::string word = words[places.front()];
  if (word == "help") return print_help();
  const auto verb =
      std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return v.spec.name == word; });
  if (verb == kVerbs.end()) return complain({kExitUsage, word + ": no such verb; see kvwal --help"});
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(places.front()));
  const auto parsed = OptionParser(verb->spec.options, kCommon).parse(words, {}, {});
  if (!parsed) return complain(parsed.error());
  if (parsed->on("help")) {
    std::fputs(command_help("kvwal", verb->spec, "kvwal --help lists the options of every verb.").c_str(),
               stdout);
    return kExitOk;
  }
  if (parsed->arguments().size() != 1)
    return complain({kExitUsage, word + ": takes one directory; see kvwal " + word + " --help"});
  const auto done = verb->run(*parsed);
  return done ? kExitOk : complain(done.error());
}

}  // namespace

}  // namespace tools::kvwal

int main(int argc, char** argv) {
  const int code = tools::kvwal::main_with(std::vector<std::string>(argv + 1, argv + argc));
  // What a full disk swallowed must not look like a short log.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::perror("kvwal: standard output");
  return code == tools::kExitOk ? tools::kExitIo : code;
}
