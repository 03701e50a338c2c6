// Which configuration counts: the newest in the log, committed or not (§6, "as soon as it is added").
#pragma once

#include <vector>

#include "libraft/core/membership.h"

namespace raft {

/// The newest committed configuration and what the log holds behind it.
class ConfigurationLog {
 public:
  ConfigurationLog() = default;
  /// Ascending; the first one is committed. Empty: a member that knows nobody yet.
  explicit ConfigurationLog(std::vector<Configuration> found);

  [[nodiscard]] const Configuration& newest() const { return known_.back(); }
  /// The newest at or below `index`; `index` is not below the committed one.
  [[nodiscard]] const Configuration& at(Index index) const;
  void append(Configuration configuration);
  /// A conflicting suffix of the log goes: back to the configuration before it.
  void truncate_from(Index first);
  void commit_to(Index index);
  /// A snapshot takes the place of everything known.
  void reset(Configuration configuration);

 private:
  std::vector<Configuration> known_ = {{}};  // ascending; all but the first may be uncommitted
};

}  // namespace raft
