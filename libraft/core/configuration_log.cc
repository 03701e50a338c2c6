#include "libraft/core/configuration_log.h"

#include <algorithm>

#include "libraft/base/check.h"

namespace raft {

ConfigurationLog::ConfigurationLog(std::vector<Configuration> found) {
  if (!found.empty()) known_ = std::move(found);
  RAFT_CHECK(std::is_sorted(known_.begin(), known_.end(), [](const Configuration& a, const Configuration& b) {
    return a.index < b.index;
  }));
}

const Configuration& ConfigurationLog::at(Index index) const {
  const auto after = std::find_if(known_.begin() + 1, known_.end(),
                                  [&](const Configuration& one) { return one.index > index; });
  return *std::prev(after);
}

void ConfigurationLog::append(Configuration configuration) {
  RAFT_CHECK(configuration.index > known_.back().index);
  known_.push_back(std::move(configuration));
}

void ConfigurationLog::truncate_from(Index first) {
  while (known_.size() > 1 && known_.back().index >= first) known_.pop_back();
}

void ConfigurationLog::commit_to(Index index) {
  while (known_.size() > 1 && known_[1].index <= index) known_.erase(known_.begin());
}

void ConfigurationLog::reset(Configuration configuration) {
  known_.assign(1, std::move(configuration));
}

}  // namespace raft
