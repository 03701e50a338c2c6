// One member of the cluster as everyone is told of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libraft/core/types.h"

namespace kv {

/// Contract section 7.4.
struct MemberInfo {
  raft::NodeId id;
  std::string name;  ///< empty until the member has published itself
  std::vector<std::string> peer_urls;
  std::vector<std::string> client_urls;
  bool learner = false;
  /// A learner that is to be a voter as soon as it has caught up, by itself.
  bool promote_when_caught_up = false;
  /// The voter that leaves when this member has become one.
  std::optional<raft::NodeId> replaces = {};

  bool operator==(const MemberInfo&) const = default;
};

}  // namespace kv
