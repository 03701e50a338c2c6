#include "tools/common/program.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tools/common/help.h"

namespace tools {
namespace {

constexpr std::size_t kVerbColumn = 12;

class Run {
 public:
  explicit Run(const Program& program) : program_(program), name_(program.name) {}

  int operator()(std::vector<std::string> words) const {
    const auto places = plain_words(words, program_.common, 1);
    if (places.empty()) return without_verb(words);
    const std::string word = words[places.front()];
    if (word == "help") return print_help();
    const auto verb = std::find_if(program_.verbs.begin(), program_.verbs.end(),
                                   [&](const Verb& v) { return v.spec.name == word; });
    if (verb == program_.verbs.end()) {
      return complain({kExitUsage, word + ": no such verb; see " + name_ + " --help"});
    }
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(places.front()));
    return run(*verb, words);
  }

 private:
  [[nodiscard]] int complain(const Failure& failure) const {
    std::fflush(stdout);
    if (!failure.text.empty()) std::fprintf(stderr, "%s: %s\n", name_.c_str(), failure.text.c_str());
    return failure.exit;
  }

  [[nodiscard]] int print_help() const {
    std::string text = std::string(program_.usage) + "\nVerbs\n";
    for (const Verb& verb : program_.verbs) {
      std::string left = "  " + std::string(verb.spec.name);
      left.resize(kVerbColumn, ' ');
      text += left + std::string(verb.spec.summary) + "\n";
    }
    text += "\nOptions\n" + option_list(program_.common) + "\n" + name_ + " VERB --help tells more.\n";
    std::fputs(text.c_str(), stdout);
    return kExitOk;
  }

  [[nodiscard]] int without_verb(const std::vector<std::string>& words) const {
    const auto parsed = OptionParser({}, program_.common).parse(words, {}, {});
    if (!parsed) return complain(parsed.error());
    if (parsed->on("version")) {
      std::printf("%s %s\n", name_.c_str(), std::string(program_.version).c_str());
      return kExitOk;
    }
    const int shown = print_help();
    return parsed->on("help") ? shown : kExitUsage;
  }

  [[nodiscard]] int run(const Verb& verb, const std::vector<std::string>& words) const {
    const auto parsed = OptionParser(verb.spec.options, program_.common).parse(words, {}, {});
    if (!parsed) return complain(parsed.error());
    if (parsed->on("help")) {
      const std::string hint = name_ + " --help lists the options of every verb.";
      std::fputs(command_help(name_, verb.spec, hint).c_str(), stdout);
      return kExitOk;
    }
    const std::size_t given = parsed->arguments().size();
    if (given < verb.spec.arguments_min || given > verb.spec.arguments_max) {
      const std::string verb_name(verb.spec.name);
      return complain({kExitUsage, verb_name + ": takes " + std::string(verb.spec.arguments) + "; see " +
                                       name_ + " " + verb_name + " --help"});
    }
    const auto done = verb.run(*parsed);
    return done ? kExitOk : complain(done.error());
  }

  const Program& program_;
  const std::string name_;
};

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  const int code = Run(program)(std::vector<std::string>(argv + 1, argv + argc));
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "%s: standard output: %s\n", std::string(program.name).c_str(), std::strerror(errno));
  return code == kExitOk ? kExitIo : code;
}

}  // namespace tools
