#include "tools/kvd/settings.h"

#include <cctype>
#include <set>

#include "tools/kvd/flags.h"

namespace tools::kvd {
namespace {

using raft::ErrorCode;
using raft::fail;

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::string_view unquote(std::string_view text) {
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string environment_name(std::string_view prefix, std::string_view flag) {
  std::string name(prefix);
  for (char c : flag) name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

/// DATA_DIR to data-dir.
std::string flag_name(std::string_view variable) {
  std::string name;
  for (char c : variable)
    name += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

raft::Result<Settings> parse_arguments(std::span<const std::string> arguments) {
  Settings settings;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (!word.starts_with('-') || word == "-" || word == "--") {
      return fail(ErrorCode::kInvalidArgument, std::string(word),
                  "is not a valid option; kvd takes only options");
    }
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto equals = word.find('=');
    const std::string name(word.substr(0, equals));
    const Flag* flag = find_flag(name);
    if (flag == nullptr)
      return fail(ErrorCode::kInvalidArgument, "--" + name, "is not an option of kvd; see kvd --help");
    std::string value;
    const bool last = i + 1 == arguments.size();
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (flag->kind == Kind::kSwitch ||
               (flag->kind == Kind::kEither && (last || arguments[i + 1].starts_with('-')))) {
      value = "true";
    } else if (!last) {
      value = arguments[++i];
    } else {
      return fail(ErrorCode::kInvalidArgument, "--" + name, "needs a value");
    }
    settings.insert_or_assign(name, Setting{std::move(value), "--" + name});
  }
  return settings;
}

void add_environment(Settings& settings, const Environment& environment) {
  for (const Flag& flag : flags()) {
    if (flag.group == Group::kMeta && flag.name != "config-file") continue;
    for (std::string_view prefix : {"KVD_", "ETCD_"}) {
      const std::string variable = environment_name(prefix, flag.name);
      if (auto value = environment(variable))
        settings.try_emplace(std::string(flag.name), Setting{*value, variable});
    }
  }
}

std::vector<std::string> unknown_variables(EnvironmentList environment) {
  // Of etcd's and of those who start it.
  static const std::set<std::string_view> known{"ETCD_VERSION", "ETCD_UNSUPPORTED_ARCH"};
  std::vector<std::string> unknown;
  for (std::string_view variable : environment) {
    const std::string_view name = variable.substr(0, variable.find('='));
    for (std::string_view prefix : {"KVD_", "ETCD_"}) {
      if (!name.starts_with(prefix) || known.contains(name)) continue;
      if (find_flag(flag_name(name.substr(prefix.size()))) == nullptr) unknown.emplace_back(name);
    }
  }
  return unknown;
}

raft::Result<void> add_file(Settings& settings, std::string_view text, const std::string& path) {
  for (int line_number = 1; !text.empty(); ++line_number) {
    const auto end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string place = path + " line " + std::to_string(line_number);
    if (line.empty() || line.front() == '#') continue;
    const auto separator = line.find_first_of("=:");
    if (separator == std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument, place, "is not of the form name = value");
    }
    const std::string name(trim(line.substr(0, separator)));
    if (find_flag(name) == nullptr)
      return fail(ErrorCode::kInvalidArgument, place, "'" + name + "' is not an option of kvd");
    settings.try_emplace(name, Setting{std::string(unquote(trim(line.substr(separator + 1)))), place});
  }
  return {};
}

}  // namespace tools::kvd
