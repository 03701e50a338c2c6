// How this project opens LevelDB, and how it reads LevelDB's errors.
#pragma once

#include <leveldb/options.h>
#include <leveldb/status.h>

#include <memory>
#include <string>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/disk/repair.h"

namespace leveldb {
class DB;
}

namespace raft {

/// Nothing silently dropped: paranoid_checks on, reuse_logs off (findings F3, F4). Not compressed; 32 MiB
/// buffers.
leveldb::Options database_options(leveldb::Env* env);
/// Every block's checksum is verified.
leveldb::ReadOptions read_options();

/// A status as a Result; `where` is the database's path.
Result<void> checked(const leveldb::Status& status, const std::string& where);
Error database_error(const leveldb::Status& status, const std::string& where);

/// Repairs the logs in `path` as `policy` allows (repair.h), then opens the database, or creates it when
/// there is none. `options` as from database_options, perhaps with other sizes. The cuts that were made are
/// added to `cuts` when it is given.
Result<std::unique_ptr<leveldb::DB>> open_database(const leveldb::Options& options, const std::string& path,
                                                   LogPolicy policy, std::vector<Cut>* cuts = nullptr);

/// The first table of the database in `directory` that cannot be read whole, with what is wrong with it;
/// nothing when all can. LevelDB's own errors do not name the file. With `open`, which is that database, only
/// the tables that it uses: it may be writing others.
Result<void> check_tables(leveldb::Env& env, const std::string& directory, leveldb::DB* open = nullptr);

}  // namespace raft
