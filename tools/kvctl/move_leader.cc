// move-leader: the leader is found first, as only it can hand leadership over.
#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/lone_client.h"
#include "tools/kvctl/member_output.h"

namespace tools::kvctl {
namespace {

struct Leader {
  std::uint64_t id = 0;
  std::vector<Endpoint> endpoints;  ///< where it may be reached, the likeliest first
};

/// Asks whoever answers who leads, and the members where that one listens.
Outcome<Leader> find_leader(Context& context) {
  TRY_ASSIGN(const auto status,
             context.client.call<etcdserverpb::StatusResponse>(kStatus, etcdserverpb::StatusRequest()));
  if (status.leader() == 0) return refuse(kExitTemporary, "there is no leader now");
  Leader leader{.id = status.leader(), .endpoints = {}};
  etcdserverpb::MemberListRequest request;
  TRY_ASSIGN(const auto members, context.client.call<etcdserverpb::MemberListResponse>(kMemberList, request));
  for (const auto& member : members.members()) {
    if (member.id() != leader.id) continue;
    for (const std::string& url : member.clienturls()) {
      if (auto endpoint = parse_endpoint(url)) leader.endpoints.push_back(std::move(*endpoint));
    }
  }
  // Where the member does not say it, or says what is of no use here, one of those given may be it.
  const auto& given = context.settings.endpoints;
  leader.endpoints.insert(leader.endpoints.end(), given.begin(), given.end());
  return leader;
}

Outcome<ExitCode> run_move_leader(Context& context) {
  TRY_ASSIGN(const std::uint64_t target, parse_member(context.options.arguments()[0]));
  TRY_ASSIGN(const Leader leader, find_leader(context));
  for (const Endpoint& endpoint : leader.endpoints) {
    LoneClient client(context.client, endpoint);
    const auto status = client->call<etcdserverpb::StatusResponse>(kStatus, etcdserverpb::StatusRequest());
    if (!status || status->header().member_id() != leader.id) continue;
    etcdserverpb::MoveLeaderRequest request;
    request.set_targetid(target);
    TRY(client->call<etcdserverpb::MoveLeaderResponse>(kMoveLeader, request));
    context.io.out << "Leadership transferred from " << member_text(leader.id) << " to "
                   << member_text(target) << '\n';
    return kExitOk;
  }
  return refuse(kExitUnavailable, "the leader, " + member_text(leader.id) + ", is reached at no endpoint");
}

}  // namespace

Command move_leader_command() {
  return {.spec = {.name = "move-leader",
                   .arguments = "ID",
                   .summary = "Hand leadership to another voting member.",
                   .details = "The leader is found among the members; any of them may be in --endpoints.",
                   .examples = "kvctl move-leader 8211f1d0f64f3269",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_move_leader};
}

}  // namespace tools::kvctl
