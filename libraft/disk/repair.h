// What has to be looked at, and cut, before LevelDB may open a directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libraft/base/result.h"

namespace leveldb {
class Env;
}

namespace raft {

/// What the log files of a database are worth.
enum class LogPolicy {
  /// Every record but a torn last one may have been acknowledged: any other damage is refused.
  kAcknowledged,
  /// Everything in them can be made again: they are cut at the first bad record.
  kRebuildable,
};

/// One cut that was made.
struct Cut {
  std::string file;
  std::uint64_t offset = 0;  ///< the file now ends here
  std::uint64_t bytes = 0;   ///< so much went, not counting the zeros that end a log

  bool operator==(const Cut&) const = default;
};

/// Reads the MANIFEST and the log files of the database in `directory` and cuts what LevelDB would stumble
/// over or misread: the torn tail of the newest log (in front of preallocated zeros it looks to LevelDB like
/// a damaged record, and some damaged records look to it like the end). A cut is a copy that is synced and
/// renamed over the file. Damage that `policy` does not allow to cut is kCorruption with file and offset, and
/// then nothing was changed. A directory without a database is left alone; one that has lost its CURRENT,
/// which LevelDB would quietly begin anew, is kCorruption.
Result<std::vector<Cut>> repair_logs(leveldb::Env& env, const std::string& directory, LogPolicy policy);

/// True when there is a database in `directory`.
bool holds_database(leveldb::Env& env, const std::string& directory);

}  // namespace raft
