// The values of the log database and their checksums (FORMAT.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace raft {

/// The format of the whole database, and of each record in it; an unknown one is refused.
inline constexpr std::uint8_t kLogFormat = 1;
/// Ends every state record, and with it every batch that is acknowledged: its absence shows that a batch was
/// cut off (libraft/disk/log_tail.h, RecordEnd::kNeverZero).
inline constexpr std::uint8_t kEndMark = 0xa5;

/// An entry with its place in the chain: each record's hash covers its predecessor's, so that a hole, a
/// swapped or a resurrected record is seen.
struct EntryRecord {
  Entry entry;
  std::uint64_t previous_hash = 0;
  std::uint64_t hash = 0;
};

/// Appends the record of `entry` to `out` and returns its hash.
std::uint64_t encode_entry(const Entry& entry, std::uint64_t previous_hash, std::string& out);
/// kCorruption when the bytes are not a record of entry `index`; kMismatch when a newer version wrote them.
Result<EntryRecord> decode_entry(Index index, std::string_view bytes);

/// Everything about the log but its entries; a new one is written with every batch, under a new key.
struct StateRecord {
  std::uint64_t sequence = 0;  ///< the number in its key
  HardState hard_state;
  EntryId base;                 ///< the entry before the first kept one
  std::uint64_t base_hash = 0;  ///< its record's hash; 0 when base is {0,0}
  Index last;                   ///< the last entry of the log: one that is missing was lost
  std::uint64_t last_hash = 0;

  bool operator==(const StateRecord&) const = default;
};

/// Appends the record of `state` to `out`.
void encode_state(const StateRecord& state, std::string& out);
/// kCorruption when the bytes are not the record of state `sequence`.
Result<StateRecord> decode_state(std::uint64_t sequence, std::string_view bytes);

}  // namespace raft
