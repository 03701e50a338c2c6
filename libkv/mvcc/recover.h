// Opening a state: read it whole, verify it, rebuild the index.
#pragma once

#include "libkv/mvcc/compaction.h"
#include "libkv/mvcc/database.h"
#include "libkv/mvcc/key_index.h"
#include "libraft/base/result.h"

namespace kv {

/// True when the database holds no state yet. An unknown format is kMismatch; rows without a format are
/// kCorruption. Changes nothing.
raft::Result<bool> is_new_state(const Database& database);

/// Reads every record and mark in order, verifies them (FORMAT.md, "What a reader verifies") and fills
/// `index`. The first damage is kCorruption with its place.
raft::Result<Ledger> recover(const Database& database, KeyIndex& index);

}  // namespace kv
