#include "tools/common/initial_cluster.h"

#include "tools/common/url.h"

namespace tools {

raft::Result<InitialCluster> parse_initial_cluster(std::string_view text) {
  InitialCluster cluster;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const auto equals = item.find('=');
    const auto url = equals == std::string_view::npos ? parse_url("") : parse_url(item.substr(equals + 1));
    if (!url) {
      return raft::fail(raft::ErrorCode::kInvalidArgument, "initial-cluster",
                        "must be a list like a=http://10.0.0.1:2380,b=http://10.0.0.2:2380");
    }
    cluster[std::string(item.substr(0, equals))].push_back(url->text());
  }
  return cluster;
}

}  // namespace tools
