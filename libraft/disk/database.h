// How this project opens LevelDB, and how it reads LevelDB's errors.
#pragma once

#include <leveldb/options.h>
#include <leveldb/status.h>

#include <string>

#include "libraft/base/result.h"

namespace raft {

/// Nothing silently dropped: paranoid_checks on, reuse_logs off (findings F3, F4). Not compressed; 32 MiB
/// buffers.
leveldb::Options database_options(leveldb::Env* env);
/// Every block's checksum is verified.
leveldb::ReadOptions read_options();

/// A status as a Result; `where` is the database's path.
Result<void> checked(const leveldb::Status& status, const std::string& where);
Error database_error(const leveldb::Status& status, const std::string& where);

}  // namespace raft
