// The state of a stopped member as a snapshot, read where it lies.
#pragma once

#include <memory>
#include <string>

#include "tools/kvsnap/input.h"

namespace tools::kvsnap {

/// Changes nothing in `directory`, a data directory; keeps its member from starting meanwhile. Failures: 65
/// damage, 66 no state, 69 the member is running.
Outcome<std::unique_ptr<Input>> open_directory(const std::string& directory);

}  // namespace tools::kvsnap
