// Since when each member is connected to this one.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "libkv/server/reconfiguration.h"

namespace kv {

/// Looks now and then; what comes and goes between two looks is not seen. Thread: any.
class ReachTable {
 public:
  using Clock = std::chrono::steady_clock;
  using Connected = std::function<bool(raft::NodeId)>;

  explicit ReachTable(raft::NodeId self) : self_(self) {}

  /// Looks at `members` and forgets everyone else.
  void look(Clock::time_point now, const std::vector<MemberInfo>& members, const Connected& connected);

  [[nodiscard]] Reach reach(Clock::time_point now, raft::NodeId id) const;

 private:
  const raft::NodeId self_;
  mutable std::mutex mutex_;  // guards what is below
  std::map<raft::NodeId, Clock::time_point> since_;
};

}  // namespace kv
