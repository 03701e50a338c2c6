// LevelDB's log format (blocks of 32 KiB, fragments of crc, length, type), read with suspicion: where a file
// is whole, and whether what follows is a write that was cut off or damage. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace raft {

/// What the last byte of every record of a log is known to be.
enum class RecordEnd {
  kAnyByte,
  kNeverZero,  ///< a zero there was never written: the record was cut off
};

/// What the bytes of one log file hold.
struct LogTail {
  std::uint64_t whole_bytes = 0;  ///< everything before is complete, valid records
  std::uint64_t records = 0;      ///< in those bytes
  std::uint64_t used_bytes = 0;   ///< everything after is zeros
  /// The offset of the first byte that is neither part of a valid record nor of the zeros that end a log.
  std::optional<std::uint64_t> damaged_at;
  /// The damage is what a write that was cut off leaves: nothing valid begins after it, it is no flipped bit,
  /// and part of it was never written (the file ends inside it, or zeros stand where it must have had bytes).
  bool torn = false;
};

using RecordVisitor = std::function<void(std::string_view record)>;

/// `visit`, when given, sees every whole record in order.
LogTail read_log_tail(std::string_view file, RecordEnd end, const RecordVisitor& visit = {});

}  // namespace raft
