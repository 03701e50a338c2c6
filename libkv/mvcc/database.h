// The one place that opens LevelDB for the state and turns its Status into our errors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/base/result.h"

namespace leveldb {
class DB;
class Env;
class Status;
class WriteBatch;
}  // namespace leveldb

namespace kv {

/// Thread: reads from any; writes from one.
class Database {
 public:
  /// Creates the database if there is none. Cuts its logs at the first bad record: what was in the unsynced
  /// tail is applied again from the raft log (DESIGN section 4). `env` is not owned and outlives this.
  /// `write_buffer_bytes`: what LevelDB gathers before it writes a table.
  static raft::Result<std::unique_ptr<Database>> open(leveldb::Env* env, const std::string& path,
                                                      std::size_t write_buffer_bytes = 32U << 20U);
  /// What open() made; use that.
  Database(leveldb::Env* env, std::string path, std::unique_ptr<leveldb::DB> db);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] raft::Result<std::optional<std::string>> get(std::string_view key) const;

  /// Atomic. Not durable before a sync() behind it.
  [[nodiscard]] raft::Result<void> write(leveldb::WriteBatch& batch);
  /// Makes every write before it durable.
  [[nodiscard]] raft::Result<void> sync();

  /// What a walk does after a row.
  struct Step {
    bool stop = false;
    std::string seek;  ///< not empty: go on at this key, which is behind the current one
  };
  using Visit = std::function<raft::Result<Step>(std::string_view key, std::string_view value)>;
  /// Rows in order of key from `from` on. Ends at the end, at Step::stop or at an error.
  [[nodiscard]] raft::Result<void> walk(std::string_view from, const Visit& visit) const;

  /// Merges the files, so that deleted rows take no space any more, in slices; `go_on` is asked before each.
  /// Needs an Env with a thread for the background. Thread: any, one at a time; writes go on.
  [[nodiscard]] raft::Result<void> reclaim(const std::function<bool()>& go_on);

  /// Bytes of the files; asks the file system.
  [[nodiscard]] std::uint64_t bytes_on_disk() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// For readers of a moment (frozen_rows.h).
  [[nodiscard]] leveldb::DB& rows() const { return *db_; }

 private:
  struct Revisions {
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  [[nodiscard]] raft::Result<std::optional<Revisions>> revisions() const;
  [[nodiscard]] raft::Result<void> rewrite(const std::string& begin, const std::string& end);
  /// LevelDB's own word on damage does not name the table.
  [[nodiscard]] raft::Result<void> placed(const leveldb::Status& status) const;

  leveldb::Env* const env_;
  const std::string path_;
  const std::unique_ptr<leveldb::DB> db_;
};

/// Removes the database in `path`, durably and first of all its CURRENT: what a crash leaves of it is no
/// database any more. No one may have it open. A directory that is not there is fine.
raft::Result<void> remove_database(leveldb::Env& env, const std::string& path);

}  // namespace kv
