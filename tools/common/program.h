// A tool of verbs, `kvwal dump DIR --from 7`: which verb, its options, help, exit codes.
#pragma once

#include <span>
#include <string_view>

#include "tools/common/options.h"
#include "tools/common/outcome.h"

namespace tools {

/// One verb: its table for the parser and --help, and what it does.
struct Verb {
  CommandSpec spec;
  Outcome<void> (*run)(const Parsed& parsed);
};

struct Program {
  std::string_view name;
  std::string_view version;
  std::string_view usage;              ///< the head of --help, whole lines
  std::span<const OptionSpec> common;  ///< has "help" and "version"
  std::span<const Verb> verbs;
};

/// What main does: runs the verb, complains on stderr, and returns the exit code. Output that a full disk
/// swallowed is kExitIo, so that it does not look like a short answer.
int run_program(const Program& program, int argc, char** argv);

}  // namespace tools
