// The state of another member in the place of this one's, which differed from what a majority has.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "libraft/base/log_sink.h"
#include "libraft/base/result.h"
#include "libraft/core/types.h"
#include "libraft/log/log_store.h"
#include "tools/kvd/config.h"

namespace leveldb {
class Env;
}

namespace tools::kvd {

/// Leaves word in the data directory, durably, that the state is to be set aside, as snap-diverged-<applied>,
/// and fetched anew from one of `from` (client URLs) before this member serves again. `token`: shown to them,
/// unless it is empty. kAlreadyExists when one was set aside before and is still there: it is not done again
/// before somebody has looked.
raft::Result<void> order_resync(const std::string& data_dir, raft::Index applied,
                                const std::vector<std::string>& from, const std::string& token);

/// Carries out what was ordered; true when something was, and `wal` must be opened again. A crash at any
/// moment is made good by the next call. Tries for kResyncFor, then kUnavailable. Nothing may have the state
/// open.
raft::Result<bool> resync_if_ordered(const Config& config, std::uint64_t cluster, leveldb::Env& env,
                                     raft::LogStore& wal, const raft::LogSink& log);

inline constexpr std::chrono::seconds kResyncFor{60};

}  // namespace tools::kvd
