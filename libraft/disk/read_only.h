// A database opened to be read: nothing in its directory changes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libraft/base/result.h"
#include "libraft/disk/repair.h"

namespace leveldb {
class DB;
class Env;
}  // namespace leveldb

namespace raft {

class OverlayEnv;

/// What LevelDB does to a directory when it opens it (it replays the logs into tables) happens in memory: as
/// much as the log files hold. Takes no lock.
class ReadOnlyDatabase {
 public:
  /// kNotFound when there is no database in `path`. Torn tails are cut in memory.
  static Result<std::unique_ptr<ReadOnlyDatabase>> open(leveldb::Env& env, const std::string& path,
                                                        LogPolicy policy);
  /// What open() made; use that.
  ReadOnlyDatabase(std::unique_ptr<OverlayEnv> overlay, std::unique_ptr<leveldb::DB> database,
                   std::vector<Cut> cuts);
  ~ReadOnlyDatabase();
  ReadOnlyDatabase(const ReadOnlyDatabase&) = delete;
  ReadOnlyDatabase& operator=(const ReadOnlyDatabase&) = delete;

  [[nodiscard]] leveldb::DB& database() { return *database_; }
  /// What a node that opens the directory will cut.
  [[nodiscard]] const std::vector<Cut>& cuts() const { return cuts_; }

 private:
  const std::unique_ptr<OverlayEnv> overlay_;
  std::unique_ptr<leveldb::DB> database_;
  const std::vector<Cut> cuts_;
};

}  // namespace raft
