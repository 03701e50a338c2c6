// A state as the bytes of a snapshot.
#pragma once

#include <memory>

#include "libkv/mvcc/frozen_rows.h"
#include "libkv/snapshot/format.h"
#include "libraft/base/result.h"
#include "libraft/node/snapshot.h"

namespace kv {

/// Reads `rows`, the rows of a whole state of cluster `cluster_id`. kCorruption when they are none; damage
/// that is met later is told by read().
raft::Result<std::unique_ptr<raft::SnapshotSource>> open_state_source(std::unique_ptr<FrozenRows> rows,
                                                                      std::uint64_t cluster_id);

}  // namespace kv
