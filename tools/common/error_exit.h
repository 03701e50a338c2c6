// How a library's error ends a tool that works on files.
#pragma once

#include "libraft/base/error.h"
#include "tools/common/outcome.h"

namespace tools {

/// Its exit code and its text.
Failure failure_of(const raft::Error& error);

}  // namespace tools
