#include "libraft/net/change_log.h"

namespace raft {

void ChangeLog::report(LogLevel level, const std::string& subject, std::string_view what,
                       std::string_view line) {
  const auto known = last_.find(subject);
  if (known != last_.end() && known->second == what) return;
  if (known == last_.end() && last_.size() >= kSubjectsMax) last_.clear();
  last_[subject] = what;
  if (sink_) sink_(level, line);
}

}  // namespace raft
