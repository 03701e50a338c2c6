// Reading a whole log: what it holds, or the first damage with its place. Changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/disk/repair.h"
#include "libraft/log/log_store.h"
#include "libraft/log/record.h"

namespace leveldb {
class DB;
class Env;
}  // namespace leveldb

namespace raft {

struct Recovered {
  bool fresh = false;  ///< the database was made but never written; everything below is empty
  LogState state;
  StateRecord record;
  std::uint64_t entries = 0;
  /// Records at or before the base that a truncation had no time to remove.
  std::uint64_t leftovers = 0;
  std::vector<Cut> cuts;  ///< torn tails: never acknowledged, cut when a node opens the log
};

using EntryVisitor = std::function<void(const Entry&)>;

/// Verifies every record, the chain of hashes, the order of indices and terms, and that no entry is missing
/// at either end. `visit`, when given, sees the good entries in order, up to the damage if there is one.
Result<Recovered> recover_log(leveldb::DB& database, const EntryVisitor& visit = {});

/// As recover_log, for the log in `path`, in the files as they are, through `env`, which is only read. Takes
/// no lock. kNotFound when there is no log; kCorruption names the file or the entry.
Result<Recovered> verify_log(leveldb::Env& env, const std::string& path, const EntryVisitor& visit = {});

}  // namespace raft
