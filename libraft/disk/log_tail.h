// The end of a LevelDB log file: where it is whole, and whether what follows is a torn write or damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/base/result.h"

namespace raft {

/// What the bytes of one log file hold (doc/log_format of LevelDB: blocks of 32 KiB, records of crc, length,
/// type).
struct LogTail {
  std::uint64_t whole_bytes = 0;  ///< everything before is complete, valid records
  /// Bytes after whole_bytes that are neither zero nor a valid record: the first one's offset.
  std::optional<std::uint64_t> damaged_at;
  /// The damage is what a write that was cut off leaves: nothing valid begins after it, and part of it was
  /// never written (the file ends inside it, or a sector of it is all zeros).
  bool torn = false;
};

LogTail read_log_tail(std::string_view file);

/// Cuts the torn tail of the newest .log file in `directory`, if it has one, durably; says how many bytes
/// went. LevelDB would call it corruption, for it cannot tell a torn record in front of preallocated zeros
/// from a damaged one. Damage that is no torn tail is kCorruption with file and offset, and nothing is
/// changed. No directory: nothing to do.
Result<std::uint64_t> repair_log_tail(const std::string& directory);

}  // namespace raft
