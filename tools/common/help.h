// --help, written from the tables.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/common/options.h"

namespace tools {

/// The page of one command. `hint`: the last line, e.g. where the common options are listed.
std::string command_help(std::string_view program, const CommandSpec& command, std::string_view hint);

/// Options as an aligned list, two columns, indented by two.
std::string option_list(std::span<const OptionSpec> options);

/// `--name VALUE`, with its letter in front when it has one.
std::string option_heading(const OptionSpec& option);

}  // namespace tools
