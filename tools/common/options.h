// The one table of a command's options: the parser, --help and the man page's test read it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/outcome.h"

namespace tools {

/// How an option's value is written.
enum class ValueKind {
  kSwitch,    ///< --name, --name=true, --name=false
  kText,      ///< any bytes
  kNumber,    ///< a whole number that fits in 64 bits with a sign
  kCount,     ///< a whole number, 0 or more
  kDuration,  ///< see parse_duration
  kChoice,    ///< one of the words in `choices`
};

struct OptionSpec {
  std::string_view name;  ///< without the dashes
  char letter = 0;        ///< its one-letter form; 0: none
  ValueKind kind = ValueKind::kSwitch;
  std::string_view placeholder;  ///< what --help calls the value
  std::string_view help;         ///< one line
  std::string_view fallback;     ///< the value when it is given nowhere; empty: none
  std::string_view choices;      ///< kChoice: words separated by '|'
  std::string_view alias_of;     ///< another spelling of this option; takes its kind from there
};

/// Tables of options, one behind the other.
template <std::size_t... kSizes>
constexpr auto concat(const std::array<OptionSpec, kSizes>&... tables) {
  std::array<OptionSpec, (kSizes + ...)> all{};
  std::size_t at = 0;
  const auto append = [&all, &at](const auto& table) {
    for (const OptionSpec& option : table) all[at++] = option;
  };
  (append(tables), ...);
  return all;
}

/// A command as its user sees it.
struct CommandSpec {
  std::string_view name;       ///< e.g. "get", "member list"
  std::string_view arguments;  ///< e.g. "KEY [RANGE_END]"
  std::string_view summary;    ///< one line
  std::string_view details;    ///< more lines, for --help
  std::span<const OptionSpec> options;
  std::string_view examples;  ///< lines, for --help
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  bool runs_command = false;  ///< the words behind the first -- are a command that it runs
};

/// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The options and arguments of one command line; values were checked against their kind. An option that is
/// in no table, or has no value, is off, empty or 0.
class Parsed {
 public:
  /// Given on the command line or in the environment.
  [[nodiscard]] bool given(std::string_view name) const;
  [[nodiscard]] bool on(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] std::chrono::nanoseconds duration(std::string_view name) const;
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

 private:
  friend class OptionParser;
  struct Value {
    std::string text;
    bool given = false;
  };
  [[nodiscard]] const Value* find(std::string_view name) const;

  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string> arguments_;
};

/// Parses command lines against two tables: the command's own options and those every command has.
class OptionParser {
 public:
  OptionParser(std::span<const OptionSpec> own, std::span<const OptionSpec> common)
      : own_(own), common_(common) {}

  /// `prefixes`: an option that is not on the command line is looked up in `environment` as PREFIX + NAME, in
  /// their order; only the common options are. The failure is kExitUsage and names the option, and the
  /// nearest known one when it is a slip.
  [[nodiscard]] Outcome<Parsed> parse(const std::vector<std::string>& words, const Environment& environment,
                                      std::span<const std::string_view> prefixes) const;

 private:
  [[nodiscard]] Outcome<void> read_words(const std::vector<std::string>& words, Parsed& parsed) const;
  [[nodiscard]] Outcome<void> read_environment(const Environment& environment,
                                               std::span<const std::string_view> prefixes,
                                               Parsed& parsed) const;
  [[nodiscard]] Outcome<void> set(const OptionSpec& spec, std::string value, Parsed& parsed) const;
  void fill_defaults(Parsed& parsed) const;
  [[nodiscard]] Failure unknown(std::string_view word) const;

  std::span<const OptionSpec> own_;
  std::span<const OptionSpec> common_;
};

/// The places of the first `count_max` words that are neither options nor, as far as `common` knows, their
/// values: where a command line says which command it is for.
std::vector<std::size_t> plain_words(const std::vector<std::string>& words,
                                     std::span<const OptionSpec> common, std::size_t count_max);

}  // namespace tools
