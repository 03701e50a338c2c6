// What ls, tree and du have in common: keys as paths.
#pragma once

#include <array>
#include <string>

#include "tools/kvctl/command.h"

namespace tools::kvctl {

inline constexpr std::array kTreeOptions = {
    OptionSpec{.name = "delim",
               .kind = ValueKind::kText,
               .placeholder = "TEXT",
               .help = "what stands between the parts of a key",
               .fallback = "/"},
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "as of revision N; 0: the newest"},
};

inline constexpr std::array kDepthOptions = {
    OptionSpec{.name = "depth",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "at most N levels of directories; 0: all"},
};

struct TreeOptions {
  std::string prefix;
  std::string delimiter;
};

inline Outcome<TreeOptions> tree_options(const Context& context) {
  TreeOptions options{.prefix = {}, .delimiter = context.options.text("delim")};
  if (!context.options.arguments().empty()) options.prefix = context.options.arguments()[0];
  if (options.delimiter.empty()) return refuse_usage("--delim must not be empty");
  return options;
}

}  // namespace tools::kvctl
