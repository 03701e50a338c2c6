// What would stop this member from starting that can be seen without changing anything.
#pragma once

#include <optional>
#include <string>

#include "tools/kvd/config.h"

namespace tools::kvd {

struct Obstacle {
  std::string text;  ///< what, where, what to do
  int exit_code = 0;
};

/// The first of: a file that an option names and that is missing or may not be read, a data directory that is
/// none or may not be written.
std::optional<Obstacle> find_obstacle(const Config& config);

}  // namespace tools::kvd
