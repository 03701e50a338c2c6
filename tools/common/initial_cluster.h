// --initial-cluster: the first members of a cluster, by name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libraft/base/result.h"

namespace tools {

/// Name to peer URLs, normalised.
using InitialCluster = std::map<std::string, std::vector<std::string>>;

/// "a=http://10.0.0.1:2380,b=http://10.0.0.2:2380"; a name may come with several URLs, each behind its own
/// "name=". kInvalidArgument when it is anything else.
raft::Result<InitialCluster> parse_initial_cluster(std::string_view text);

}  // namespace tools
