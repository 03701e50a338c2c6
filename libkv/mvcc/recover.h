// Opening a state: read it whole, verify it, rebuild the index.
#pragma once

#include <cstdint>
#include <string_view>

#include "libkv/mvcc/compaction.h"
#include "libkv/mvcc/database.h"
#include "libkv/mvcc/key_index.h"
#include "libkv/mvcc/record.h"
#include "libraft/base/result.h"

namespace kv {

/// True when the database holds no state yet. An unknown format is kMismatch; rows without a format are
/// kCorruption. Changes nothing.
raft::Result<bool> is_new_state(const Database& database);

/// Reads every record and mark in order, verifies them (FORMAT.md, "What a reader verifies") and fills
/// `index`. The first damage is kCorruption with its place.
raft::Result<Ledger> recover(const Database& database, KeyIndex& index);

/// The same row by row, wherever the rows come from.
class Recovery {
 public:
  /// Where the history ends and how far it was compacted: what the last mark will say. `index` is filled.
  Recovery(std::int64_t revision, std::int64_t compacted, KeyIndex& index);

  /// Every row under kRecordPrefix in order of key.
  raft::Result<void> row(std::string_view key, std::string_view value);
  /// That was all; compares it with what the last mark, which was one of the rows, says.
  raft::Result<Ledger> finish();

 private:
  raft::Result<void> record(const Revision& revision, std::string_view bytes);
  raft::Result<void> mark(const ParsedKey& key, std::string_view bytes);
  [[nodiscard]] raft::Result<void> check_sequence(const Revision& revision) const;
  [[nodiscard]] bool continues_version(const Revision& revision, const Record& record,
                                       const Entry* before) const;
  /// The main revision up to which nothing is missing.
  [[nodiscard]] std::int64_t reached() const;

  const std::int64_t revision_;
  const std::int64_t compacted_;
  KeyIndex& index_;
  Ledger ledger_;  // its mark: the newest one met
  Revision before_;
  std::uint64_t records_ = 0;
  std::uint64_t chain_ = 0;
  bool chain_known_;
  bool closed_ = false;  // the newest row is a mark
};

}  // namespace kv
