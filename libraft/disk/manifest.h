// The two things in LevelDB's MANIFEST that its recovery does not check: that it was read to its end, and
// that the log file it names is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace raft {

/// The log number that one version edit sets, if it does; `ok` is false when the edit cannot be parsed.
struct EditLogNumber {
  bool ok = true;
  std::optional<std::uint64_t> log_number;
};

EditLogNumber log_number_of_edit(std::string_view edit);

}  // namespace raft
