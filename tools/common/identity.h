// Whose a data directory is: written once at the first start, checked at every later one (DESIGN section 4).
#pragma once

#include <cstdint>
#include <string>

#include "libraft/base/result.h"

namespace tools {

struct Identity {
  std::uint64_t cluster = 0;
  std::uint64_t member = 0;

  bool operator==(const Identity&) const = default;
};

/// Makes the directory (0700) and the file `identity` in it when they are new: durable when it returns. An
/// existing one that says otherwise, or has a format this version does not know, is kMismatch and stays as it
/// is.
raft::Result<void> claim_directory(const std::string& directory, const Identity& identity);

/// What the directory says. kNotFound when it has no such file, kMismatch when it is of another format.
raft::Result<Identity> read_identity(const std::string& directory);

}  // namespace tools
