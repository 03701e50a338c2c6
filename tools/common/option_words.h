// The many spellings of options on a command line, brought into one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/common/options.h"

namespace tools {

/// A command's own options and those that every command has, as one table.
class OptionTables {
 public:
  OptionTables(std::span<const OptionSpec> own, std::span<const OptionSpec> common)
      : own_(own), common_(common) {}

  [[nodiscard]] const OptionSpec* find(std::string_view name) const;
  [[nodiscard]] const OptionSpec* find(char letter) const;
  /// The option that an alias stands for; any other: itself.
  [[nodiscard]] const OptionSpec& resolve(const OptionSpec& spec) const;
  [[nodiscard]] bool takes_value(const OptionSpec& spec) const {
    return resolve(spec).kind != ValueKind::kSwitch;
  }
  [[nodiscard]] std::vector<std::string_view> names() const;

  [[nodiscard]] std::span<const OptionSpec> own() const { return own_; }
  [[nodiscard]] std::span<const OptionSpec> common() const { return common_; }

 private:
  std::span<const OptionSpec> own_;
  std::span<const OptionSpec> common_;
};

/// Every known option as --name=VALUE, a switch as --name=true; --name and a word of its own when VALUE is
/// empty. Unknown options, arguments and what is behind -- stay as they are.
std::vector<std::string> spell_out(const std::vector<std::string>& words, const OptionTables& tables);

}  // namespace tools
