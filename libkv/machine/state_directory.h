// The directories of states, `<data-dir>/snap/<N>`: N is the index at which the state was installed.
#pragma once

#include <string>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace leveldb {
class Env;
}

namespace kv {

/// `<path>/<20 decimal digits>`.
std::string state_path(const std::string& path, raft::Index installed_at);

/// The numbers of the directories in `path`, ascending; none when it does not exist. kMismatch when `path`
/// itself is a database: a state of a version before this layout.
raft::Result<std::vector<raft::Index>> state_directories(leveldb::Env& env, const std::string& path);

}  // namespace kv
