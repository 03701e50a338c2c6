#include "tools/common/help.h"

#include <algorithm>

namespace tools {
namespace {

constexpr std::size_t kColumnMax = 28;

void append_indented(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    out += "  ";
    out += lines.substr(0, end);
    out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

std::string explanation(const OptionSpec& option) {
  if (!option.alias_of.empty()) return "the same as --" + std::string(option.alias_of);
  std::string text(option.help);
  if (!option.fallback.empty()) text += " (default " + std::string(option.fallback) + ")";
  return text;
}

}  // namespace

std::string option_heading(const OptionSpec& option) {
  std::string text = option.letter == 0 ? "" : std::string("-") + option.letter + ", ";
  text += "--" + std::string(option.name);
  if (!option.placeholder.empty()) text += ' ' + std::string(option.placeholder);
  return text;
}

std::string option_list(std::span<const OptionSpec> options) {
  std::size_t width = 0;
  for (const OptionSpec& option : options) width = std::max(width, option_heading(option).size());
  width = std::min(width, kColumnMax);
  std::string out;
  for (const OptionSpec& option : options) {
    std::string line = "  " + option_heading(option);
    line.resize(std::max(line.size() + 2, width + 4), ' ');
    out += line + explanation(option) + '\n';
  }
  return out;
}

std::string command_help(std::string_view program, const CommandSpec& command, std::string_view hint) {
  std::string out = std::string(program) + ' ' + std::string(command.name);
  if (!command.options.empty()) out += " [OPTIONS]";
  if (!command.arguments.empty()) out += ' ' + std::string(command.arguments);
  out += "\n  " + std::string(command.summary) + '\n';
  append_indented(out, command.details);
  if (!command.options.empty()) out += "\nOPTIONS\n" + option_list(command.options);
  if (!command.examples.empty()) {
    out += "\nEXAMPLES\n";
    append_indented(out, command.examples);
  }
  if (!hint.empty()) out += '\n' + std::string(hint) + '\n';
  return out;
}

}  // namespace tools
