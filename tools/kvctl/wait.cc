// wait quorum, wait leader, wait member: until something is so, or --timeout has passed.
#include <algorithm>
#include <optional>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/lone_client.h"
#include "tools/kvctl/member_output.h"
#include "tools/kvctl/wait_loop.h"

namespace tools::kvctl {
namespace {

Outcome<etcdserverpb::MemberListResponse> members(Client& client) {
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(true);
  return client.call<etcdserverpb::MemberListResponse>(kMemberList, request);
}

Outcome<etcdserverpb::StatusResponse> status(Client& client) {
  return client.call<etcdserverpb::StatusResponse>(kStatus, etcdserverpb::StatusRequest());
}

/// An answer that took a quorum says that there is one.
Outcome<ExitCode> run_quorum(Context& context) {
  return wait_until(context, [](Client& client) -> Outcome<std::optional<std::string>> {
    TRY(members(client));
    return std::nullopt;
  });
}

Outcome<ExitCode> run_leader(Context& context) {
  return wait_until(context, [](Client& client) -> Outcome<std::optional<std::string>> {
    TRY_ASSIGN(const auto answer, status(client));
    if (answer.leader() == 0) return "there is no leader";
    return std::nullopt;
  });
}

/// Whether the member has applied what the cluster had committed when this look began.
Outcome<std::optional<std::string>> look_at_sync(Client& client, const etcdserverpb::Member& member) {
  if (member.clienturls().empty()) return "the member has not started";
  TRY_ASSIGN(const auto cluster, status(client));
  TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(member.clienturls(0)));
  LoneClient lone(client, endpoint);
  TRY_ASSIGN(const auto own, status(*lone));
  if (own.leader() == 0) return "the member knows no leader";
  if (own.raftappliedindex() < cluster.raftindex()) {
    return "the member has applied " + std::to_string(own.raftappliedindex()) + " of " +
           std::to_string(cluster.raftindex()) + " entries";
  }
  return std::nullopt;
}

Outcome<std::optional<std::string>> look_at(Client& client, std::uint64_t id, const std::string& condition) {
  TRY_ASSIGN(const auto all, members(client));
  const auto found = std::ranges::find(all.members(), id, &etcdserverpb::Member::id);
  const bool known = found != all.members().end();
  if (condition == "gone")
    return known ? std::optional<std::string>("the member is still there") : std::nullopt;
  if (!known) return refuse(kExitNo, "there is no member " + member_text(id));
  if (condition == "synced") return look_at_sync(client, *found);
  if (found->islearner()) return "the member is a learner";
  return std::nullopt;
}

Outcome<ExitCode> run_member(Context& context) {
  const auto& arguments = context.options.arguments();
  TRY_ASSIGN(const std::uint64_t id, parse_member(arguments[0]));
  const std::string condition = arguments.size() > 1 ? arguments[1] : "synced";
  if (condition != "synced" && condition != "voter" && condition != "gone") {
    return refuse_usage("wait member: \"" + condition + "\" is not synced, voter or gone");
  }
  return wait_until(context, [&](Client& client) { return look_at(client, id, condition); });
}

}  // namespace

Command wait_quorum_command() {
  return {.spec = {.name = "wait quorum",
                   .summary = "Wait until a majority of the members answers together.",
                   .details = "Exits 124 when --timeout has passed.",
                   .examples = "kvctl wait quorum --timeout 60s"},
          .run = run_quorum};
}

Command wait_leader_command() {
  return {.spec = {.name = "wait leader",
                   .summary = "Wait until the endpoint that answers knows a leader.",
                   .details = "Exits 124 when --timeout has passed.",
                   .examples = "kvctl wait leader --timeout 60s"},
          .run = run_leader};
}

Command wait_member_command() {
  return {.spec = {.name = "wait member",
                   .arguments = "ID [synced|voter|gone]",
                   .summary = "Wait until a member has caught up, votes, or has left the cluster.",
                   .details = "Exits 124 when --timeout has passed, 1 when there is no such member.",
                   .examples = "kvctl wait member 8211f1d0f64f3269 synced --timeout 10m",
                   .arguments_min = 1,
                   .arguments_max = 2},
          .run = run_member};
}

}  // namespace tools::kvctl
