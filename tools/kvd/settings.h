// What was set, by whom: the command line before the environment before the file.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/result.h"

namespace tools::kvd {

/// A value with where it came from, for error messages: "--name", "KVD_NAME", "kvd.conf line 3".
struct Setting {
  std::string value;
  std::string origin;
};

using Settings = std::map<std::string, Setting, std::less<>>;
/// getenv, handed in.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The environment as the process has it: NAME=value each.
using EnvironmentList = std::span<const std::string>;

/// `--name value`, `--name=value`, with one dash or two. An unknown option or a word that is no option is an
/// error that names it.
raft::Result<Settings> parse_arguments(std::span<const std::string> arguments);

/// Adds what the environment sets and `settings` do not: KVD_NAME first, then ETCD_NAME.
void add_environment(Settings& settings, const Environment& environment);

/// The names in it that look like options and are none, so that a slip does not go unseen.
std::vector<std::string> unknown_variables(EnvironmentList environment);

/// Adds what the text of a config file sets and `settings` do not: `name = value` or `name: value`, one a
/// line, # for comments. `path` is for error messages.
raft::Result<void> add_file(Settings& settings, std::string_view text, const std::string& path);

}  // namespace tools::kvd
