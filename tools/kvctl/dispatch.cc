#include "tools/kvctl/dispatch.h"

#include <algorithm>

#include "tools/common/help.h"
#include "tools/common/suggest.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

constexpr std::string_view kHint = "Options of every command: kvctl help";

const Command* find_command(std::string_view name) {
  const auto found =
      std::ranges::find_if(commands(), [name](const Command& command) { return command.spec.name == name; });
  return found == commands().end() ? nullptr : &*found;
}

/// `noun` is the first word of commands of two.
bool is_noun(std::string_view noun) {
  return std::ranges::any_of(commands(), [noun](const Command& command) {
    return command.spec.name.starts_with(std::string(noun) + " ");
  });
}

std::string verbs_of(std::string_view noun) {
  std::string verbs;
  for (const Command& command : commands()) {
    if (!command.spec.name.starts_with(std::string(noun) + " ")) continue;
    verbs += (verbs.empty() ? "" : ", ") + std::string(command.spec.name);
  }
  return verbs;
}

std::unexpected<Failure> no_such_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) names.push_back(command.spec.name);
  std::string text = "unknown command \"" + std::string(name) + "\"";
  const std::string_view near = nearest(name, names);
  if (!near.empty()) text += "; did you mean \"" + std::string(near) + "\"?";
  return refuse_usage(text + (near.empty() ? "; see kvctl help" : ""));
}

/// Finds the command that `words` name.
Outcome<const Command*> resolve(const std::vector<std::string>& words) {
  if (words.empty()) return refuse_usage("no command; see kvctl help");
  if (const Command* command = find_command(words[0])) return command;
  if (!is_noun(words[0])) return no_such_command(words[0]);
  if (words.size() < 2) return refuse_usage("\"" + words[0] + "\" needs a verb: " + verbs_of(words[0]));
  const std::string name = words[0] + " " + words[1];
  const Command* command = find_command(name);
  if (command == nullptr) return no_such_command(name);
  return command;
}

/// The command, whose words are taken out of the command line.
Outcome<const Command*> take_command(std::vector<std::string>& words) {
  const auto places = plain_words(words, common_options(), 2);
  std::vector<std::string> names;
  names.reserve(places.size());
  for (const std::size_t place : places) names.push_back(words[place]);
  TRY_ASSIGN(const Command* command, resolve(names));
  const bool two_words = command->spec.name.find(' ') != std::string_view::npos;
  if (two_words) words.erase(words.begin() + static_cast<std::ptrdiff_t>(places[1]));
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(places[0]));
  return command;
}

bool asks_for_help(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--help" || word == "-h") return true;
  }
  return false;
}

Outcome<void> check_arguments(const CommandSpec& spec, std::size_t count) {
  if (count >= spec.arguments_min && count <= spec.arguments_max) return {};
  const std::string name(spec.name);
  return refuse_usage(
      (count < spec.arguments_min ? "arguments are missing: kvctl " : "too many arguments: kvctl ") + name +
      (spec.arguments.empty() ? "" : " " + std::string(spec.arguments)));
}

/// What stands behind the first --, which is taken away with it.
std::vector<std::string> cut_command(std::vector<std::string>& words) {
  const auto dashes = std::ranges::find(words, "--");
  if (dashes == words.end()) return {};
  std::vector<std::string> behind(dashes + 1, words.end());
  words.erase(dashes, words.end());
  return behind;
}

Outcome<ExitCode> run_command(const Command& command, std::vector<std::string> words,
                              const Environment& environment, Io& io) {
  std::vector<std::string> to_run;
  if (command.spec.runs_command) to_run = cut_command(words);
  const OptionParser parser(command.spec.options, common_options());
  TRY_ASSIGN(const Parsed parsed, parser.parse(words, environment, environment_prefixes()));
  TRY(check_arguments(command.spec, parsed.arguments().size()));
  TRY_ASSIGN(Settings settings, read_settings(parsed));
  if (!command.offline) {
    TRY_ASSIGN(Login login, read_login(parsed, "user", "password", io.ask_secret));
    settings.user = std::move(login.user);
    settings.password = std::move(login.password);
  }
  const std::unique_ptr<Dialer> dialer = make_dialer(settings);
  Client client(settings, *dialer, settings.debug ? &io.err : nullptr);
  Context context{.settings = settings,
                  .options = parsed,
                  .command = to_run,
                  .client = client,
                  .dialer = *dialer,
                  .io = io};
  return command.run(context);
}

Outcome<ExitCode> run_words(std::vector<std::string> words, const Environment& environment, Io& io) {
  const bool help = asks_for_help(words);
  if (help && plain_words(words, common_options(), 1).empty()) {
    TRY_ASSIGN(const std::string page, help_page({}));
    io.out << page;
    return kExitOk;
  }
  TRY_ASSIGN(const Command* command, take_command(words));
  if (help) {
    io.out << command_help("kvctl", command->spec, kHint);
    return kExitOk;
  }
  return run_command(*command, std::move(words), environment, io);
}

}  // namespace

Outcome<std::string> help_page(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    TRY_ASSIGN(const Command* command, resolve(arguments));
    return command_help("kvctl", command->spec, kHint);
  }
  std::string page =
      "kvctl [OPTIONS] COMMAND [ARGUMENTS]\n  Reads and writes a kvd or etcd cluster.\n\nCOMMANDS\n";
  for (const Command& command : commands()) {
    std::string line = "  " + std::string(command.spec.name);
    line.resize(26, ' ');
    page += line + std::string(command.spec.summary) + '\n';
  }
  page += "\nOPTIONS (anywhere on the line; or in the environment: KVCTL_ENDPOINTS, KVCTL_TIMEOUT, ...)\n";
  page += option_list(common_options());
  return page + "\nOf one command: kvctl help COMMAND. Exit codes: man kvctl.\n";
}

int run(std::vector<std::string> words, const Environment& environment, Io& io) {
  auto outcome = run_words(std::move(words), environment, io);
  io.out.flush();
  if (!io.out) {
    io.err << "Error: standard output cannot be written\n";
    return kExitIo;
  }
  if (outcome) return *outcome;
  if (!outcome.error().text.empty()) io.err << "Error: " << outcome.error().text << std::endl;
  return outcome.error().exit;
}

}  // namespace tools::kvctl
