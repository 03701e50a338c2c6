// `kvd join`: what a token says, written as the options that it stands for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/common/join_token.h"
#include "tools/kvd/settings.h"

namespace tools::kvd {

/// The settings with those that follow from --token, unless they were set; and what is wrong with them.
struct Joining {
  Settings settings;
  std::optional<JoinToken> token;
  std::vector<std::string> faults;
};

/// Settings without --token and --peer come back as they were. A token goes with --peer, and not with the
/// options of another way into a cluster.
Joining read_join(const Settings& settings);

/// For `kvd join`: the first of --peer and --token that nobody set, as a fault.
std::optional<std::string> missing_for_join(const Settings& settings);

}  // namespace tools::kvd
