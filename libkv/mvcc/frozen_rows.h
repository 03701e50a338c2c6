// Every row of a state as it was at one moment: what snapshots are made of.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libraft/base/result.h"

namespace leveldb {
class DB;
class Iterator;
class Snapshot;
}  // namespace leveldb

namespace kv {

/// Costs nothing but that what is deleted meanwhile keeps its space. Thread: one at a time; writes go on.
class FrozenRows {
 public:
  /// The rows as they are now. `place` names the database in errors; `owner`, shared by every reader, keeps
  /// it open.
  FrozenRows(leveldb::DB& database, std::string place, std::shared_ptr<const void> owner);
  ~FrozenRows();
  FrozenRows(const FrozenRows&) = delete;
  FrozenRows& operator=(const FrozenRows&) = delete;

  [[nodiscard]] raft::Result<std::optional<std::string>> get(std::string_view key) const;
  /// The last row whose key starts with `prefix`.
  [[nodiscard]] raft::Result<std::optional<std::pair<std::string, std::string>>> last(
      std::string_view prefix) const;

  /// Goes to the first row at or behind `key`.
  void seek(std::string_view key);
  void next();
  /// False at the end, and after an error: status() tells which.
  [[nodiscard]] bool valid() const;
  /// Until the next move.
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view value() const;
  [[nodiscard]] raft::Result<void> status() const;

  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  [[nodiscard]] std::unique_ptr<leveldb::Iterator> iterator() const;

  const std::shared_ptr<const void> owner_;  // shared: whoever reads keeps the database open
  leveldb::DB& database_;
  const std::string place_;
  const leveldb::Snapshot* const snapshot_;  // the database's, released once
  std::unique_ptr<leveldb::Iterator> at_;
};

}  // namespace kv
