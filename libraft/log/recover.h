// Reading a whole log database: what it holds, or the first damage with its place. Changes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "libraft/base/result.h"
#include "libraft/log/log_store.h"
#include "libraft/log/record.h"

namespace leveldb {
class DB;
}

namespace raft {

struct Recovered {
  LogState state;
  StateRecord record;
  std::uint64_t sequence = 0;  ///< of the newest state record
  std::uint64_t entries = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t hash = 0;  ///< of the last entry's record; the base's when there is none
};

using EntryVisitor = std::function<void(const Entry&)>;

/// Verifies every record, the chain of hashes, the order of indices and terms, and that no entry is missing
/// at either end. Nothing for a database that was never written. `visit`, when given, sees every entry in
/// order.
Result<std::optional<Recovered>> recover_log(leveldb::DB& database, const EntryVisitor& visit = {});

}  // namespace raft
