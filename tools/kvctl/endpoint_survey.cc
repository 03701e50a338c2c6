#include "tools/kvctl/endpoint_survey.h"

namespace tools::kvctl {

Outcome<std::vector<Endpoint>> endpoints_to_ask(Context& context) {
  if (!context.options.on("cluster")) return context.settings.endpoints;
  etcdserverpb::MemberListRequest request;
  TRY_ASSIGN(const auto members, context.client.call<etcdserverpb::MemberListResponse>(kMemberList, request));
  std::vector<Endpoint> endpoints;
  for (const auto& member : members.members()) {
    for (const std::string& url : member.clienturls()) {
      TRY_ASSIGN(Endpoint endpoint, parse_endpoint(url));
      endpoints.push_back(std::move(endpoint));
    }
  }
  if (endpoints.empty()) return refuse(kExitUnavailable, "no member says where it listens");
  return endpoints;
}

}  // namespace tools::kvctl
