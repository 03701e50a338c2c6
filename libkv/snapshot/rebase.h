// A snapshot as the first state of another cluster: what a restore is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libkv/mvcc/record.h"
#include "libkv/snapshot/stream_reader.h"
#include "libkv/snapshot/stream_writer.h"
#include "libraft/base/result.h"

namespace kv {

struct RebaseOptions {
  std::uint64_t cluster_id = 0;
  raft::EntryId first;  ///< what the new state counts as applied
  raft::Configuration configuration;
  /// Rows under kMemberPrefix in order of key: they take the place of all that are there.
  std::vector<std::pair<std::string, std::string>> members;
  /// The revision moves forward by so much; what is older than the new one counts as compacted, so that a
  /// watcher of the old cluster learns that it missed something instead of waiting for ever. Not negative.
  std::int64_t bump = 0;
  /// With a bump of 0: what is older than the newest revision counts as compacted all the same.
  bool mark_compacted = false;
};

/// Bytes of the old snapshot in, bytes of the new one out. Keys, values, versions and the revisions that
/// made them stay. Thread: one.
class Rebase {
 public:
  explicit Rebase(RebaseOptions options);

  /// Errors as of StreamReader; kLimit when the revision has no room for the bump.
  [[nodiscard]] raft::Result<void> push(std::string_view bytes);
  /// That was all. The new snapshot is complete with what take() then gives.
  [[nodiscard]] raft::Result<SnapshotTotals> finish();
  /// What is ready of the new snapshot.
  std::string take();

  /// Of the old one, once it was read.
  [[nodiscard]] const std::optional<SnapshotHeader>& header() const { return reader_.header(); }

 private:
  [[nodiscard]] raft::Result<void> begin(const SnapshotHeader& header);
  [[nodiscard]] raft::Result<void> row(std::string_view key, std::string_view value);
  [[nodiscard]] raft::Result<void> mark(std::string_view value);
  void write_members();
  [[nodiscard]] std::int64_t moved(std::int64_t revision) const { return revision + options_.bump; }
  [[nodiscard]] std::int64_t compacted(std::int64_t revision, std::int64_t compacted) const;

  const RebaseOptions options_;
  StreamReader reader_;
  std::optional<StreamWriter> writer_;
  bool members_written_ = false;
};

}  // namespace kv
