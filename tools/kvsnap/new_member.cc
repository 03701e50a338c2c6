#include "tools/kvsnap/new_member.h"

#include <algorithm>

#include "libkv/machine/ids.h"
#include "tools/common/error_exit.h"
#include "tools/common/initial_cluster.h"
#include "tools/common/url.h"

namespace tools::kvsnap {
namespace {

std::vector<std::string> sorted(std::vector<std::string> items) {
  std::sort(items.begin(), items.end());
  return items;
}

Outcome<InitialCluster> cluster_of(const Parsed& parsed, const std::vector<std::string>& own_urls) {
  const std::string name = parsed.text("name");
  if (parsed.text("initial-cluster").empty()) return InitialCluster{{name, own_urls}};
  auto cluster = parse_initial_cluster(parsed.text("initial-cluster"));
  if (!cluster) return refuse_usage("--initial-cluster " + cluster.error().what);
  const auto own = cluster->find(name);
  if (own == cluster->end()) {
    return refuse_usage("--initial-cluster must contain this member's name, '" + name + "'");
  }
  if (parsed.given("initial-advertise-peer-urls") && sorted(own->second) != sorted(own_urls)) {
    return refuse_usage("--initial-cluster and --initial-advertise-peer-urls differ for '" + name + "'");
  }
  return std::move(*cluster);
}

}  // namespace

Outcome<NewMember> new_member(const Parsed& parsed) {
  const auto advertised = parse_urls(parsed.text("initial-advertise-peer-urls"));
  if (!advertised) return refuse_usage("--initial-advertise-peer-urls: " + advertised.error().text());
  TRY_ASSIGN(const InitialCluster cluster, cluster_of(parsed, texts(*advertised)));
  NewMember made;
  std::vector<std::uint64_t> all;
  for (const auto& [name, urls] : cluster) {
    const std::uint64_t id = kv::member_id(urls, parsed.text("initial-cluster-token"));
    if (std::find(all.begin(), all.end(), id) != all.end()) {
      return refuse_usage("--initial-cluster: two members with the same URLs");
    }
    all.push_back(id);
    if (name == parsed.text("name")) made.identity.member = id;
    // A member tells its name through the log once it has started.
    made.members.push_back({.id = raft::NodeId(id), .name = "", .peer_urls = urls});
    made.membership.voters.emplace_back(id);
  }
  made.identity.cluster = kv::cluster_id(all);
  std::sort(made.membership.voters.begin(), made.membership.voters.end());
  std::sort(made.members.begin(), made.members.end(),
            [](const kv::MemberInfo& a, const kv::MemberInfo& b) { return a.id < b.id; });
  return made;
}

}  // namespace tools::kvsnap
