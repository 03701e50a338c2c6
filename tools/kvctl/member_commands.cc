// member list, add, remove, update, promote and replace.
#include <array>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/member_output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::MemberAddRequest;
using etcdserverpb::MemberAddResponse;

constexpr OptionSpec kPeerUrls{.name = "peer-urls",
                               .kind = ValueKind::kText,
                               .placeholder = "URLS",
                               .help = "where the other members reach it, separated by commas"};
constexpr std::array kUrlOptions = {kPeerUrls};
constexpr std::array kAddOptions = {
    kPeerUrls,
    OptionSpec{.name = "learner", .help = "it gets everything and votes only after member promote"},
    OptionSpec{.name = "promote", .help = "it learns first, and votes by itself when it has caught up"},
};

Outcome<std::string> peer_urls(const Context& context) {
  std::string urls = context.options.text("peer-urls");
  if (urls.empty()) return refuse_usage("--peer-urls is missing: where the other members reach this one");
  return urls;
}

template <class Request>
void add_urls(const std::string& list, Request& request) {
  std::size_t begin = 0;
  for (;;) {
    const std::size_t comma = list.find(',', begin);
    request.add_peerurls(list.substr(begin, comma - begin));
    if (comma == std::string::npos) return;
    begin = comma + 1;
  }
}

/// In the simple format also what the new server is to be started with.
Outcome<void> print_added(Context& context, const MemberAddResponse& response, const std::string& name) {
  const bool learner = response.member().islearner();
  TRY(print(context.io.out, context.settings.format,
            MemberChange{.response = response,
                         .header = response.header(),
                         .member = response.member().id(),
                         .what = learner ? "added as learner to" : "added to"}));
  if (context.settings.format == Format::kSimple) {
    context.io.out << '\n'
                   << start_settings(response, name, context.options.text("peer-urls")) << '\n'
                   << join_command(response, name);
  }
  return {};
}

/// etcd knows nothing of promotion by itself: there the member is a learner, and stays one.
Outcome<ExitCode> check_promotion(const MemberAddResponse& response) {
  if (response.member().promotewhencaughtup()) return kExitOk;
  return refuse(kExitProtocol,
                "this server adds learners but does not promote them by itself; when it has caught up: "
                "kvctl member promote " +
                    member_text(response.member().id()));
}

Outcome<ExitCode> run_list(Context& context) {
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(!context.settings.serializable);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::MemberListResponse>(kMemberList, request));
  TRY(print_members(context.io.out, context.settings.format, response));
  return kExitOk;
}

Outcome<ExitCode> run_add(Context& context) {
  TRY_ASSIGN(const std::string urls, peer_urls(context));
  const bool promote = context.options.on("promote");
  MemberAddRequest request;
  add_urls(urls, request);
  request.set_islearner(promote || context.options.on("learner"));
  request.set_promotewhencaughtup(promote);
  TRY_ASSIGN(const auto response, context.client.call<MemberAddResponse>(kMemberAdd, request));
  TRY(print_added(context, response, context.options.arguments()[0]));
  return promote ? check_promotion(response) : kExitOk;
}

/// Whether the server will take `outgoing` out when the new member votes, or has done so already.
bool is_replaced(const MemberAddResponse& response, std::uint64_t outgoing) {
  if (response.member().replaces() == outgoing) return true;
  for (const auto& member : response.members()) {
    if (member.id() == outgoing) return false;
  }
  return true;
}

Outcome<ExitCode> run_replace(Context& context) {
  TRY_ASSIGN(const std::uint64_t outgoing, parse_member(context.options.arguments()[0]));
  TRY_ASSIGN(const std::string urls, peer_urls(context));
  MemberAddRequest request;
  add_urls(urls, request);
  request.set_islearner(true);
  request.set_promotewhencaughtup(true);
  request.set_replaces(outgoing);
  TRY_ASSIGN(const auto response, context.client.call<MemberAddResponse>(kMemberAdd, request));
  TRY(print_added(context, response, context.options.arguments()[1]));
  if (is_replaced(response, outgoing)) return kExitOk;
  return refuse(kExitProtocol,
                "this server cannot replace a member: the new one was added as a learner; when it has "
                "caught up: kvctl member promote " +
                    member_text(response.member().id()) + ", then kvctl member remove " +
                    member_text(outgoing));
}

/// A change that names its member and answers with all members.
template <class Response, class Request>
Outcome<ExitCode> change(Context& context, const Method& method, const Request& request,
                         std::string_view what) {
  TRY_ASSIGN(const auto response, context.client.call<Response>(method, request));
  TRY(print(
      context.io.out, context.settings.format,
      MemberChange{.response = response, .header = response.header(), .member = request.id(), .what = what}));
  return kExitOk;
}

Outcome<ExitCode> run_remove(Context& context) {
  etcdserverpb::MemberRemoveRequest request;
  TRY_ASSIGN(const std::uint64_t id, parse_member(context.options.arguments()[0]));
  request.set_id(id);
  return change<etcdserverpb::MemberRemoveResponse>(context, kMemberRemove, request, "removed from");
}

Outcome<ExitCode> run_update(Context& context) {
  etcdserverpb::MemberUpdateRequest request;
  TRY_ASSIGN(const std::uint64_t id, parse_member(context.options.arguments()[0]));
  TRY_ASSIGN(const std::string urls, peer_urls(context));
  request.set_id(id);
  add_urls(urls, request);
  return change<etcdserverpb::MemberUpdateResponse>(context, kMemberUpdate, request, "updated in");
}

Outcome<ExitCode> run_promote(Context& context) {
  etcdserverpb::MemberPromoteRequest request;
  TRY_ASSIGN(const std::uint64_t id, parse_member(context.options.arguments()[0]));
  request.set_id(id);
  return change<etcdserverpb::MemberPromoteResponse>(context, kMemberPromote, request, "promoted in");
}

}  // namespace

Command member_list_command() {
  return {.spec = {.name = "member list",
                   .summary = "Print the members of the cluster.",
                   .examples = "kvctl member list -w table"},
          .run = run_list};
}

Command member_add_command() {
  return {.spec = {.name = "member add",
                   .arguments = "NAME",
                   .summary = "Make room for a new member, and print what its server is to be started with.",
                   .options = kAddOptions,
                   .examples = "kvctl member add n4 --peer-urls http://10.0.0.4:2380 --promote",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_add};
}

Command member_remove_command() {
  return {.spec = {.name = "member remove",
                   .arguments = "ID",
                   .summary = "Take a member out of the cluster; its ID never comes back.",
                   .examples = "kvctl member remove 8211f1d0f64f3269",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_remove};
}

Command member_update_command() {
  return {.spec = {.name = "member update",
                   .arguments = "ID",
                   .summary = "Tell the cluster that a member has other peer URLs.",
                   .options = kUrlOptions,
                   .examples = "kvctl member update 8211f1d0f64f3269 --peer-urls http://10.0.0.9:2380",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_update};
}

Command member_promote_command() {
  return {.spec = {.name = "member promote",
                   .arguments = "ID",
                   .summary = "Let a learner vote that has caught up.",
                   .examples = "kvctl member promote 8211f1d0f64f3269",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_promote};
}

Command member_replace_command() {
  return {
      .spec = {.name = "member replace",
               .arguments = "ID NAME",
               .summary = "Put a new member in the place of another, which leaves when the new one votes.",
               .details = "The new one may have the peer URLs of the one that leaves.",
               .options = kUrlOptions,
               .examples = "kvctl member replace 8211f1d0f64f3269 n4 --peer-urls http://10.0.0.4:2380",
               .arguments_min = 2,
               .arguments_max = 2},
      .run = run_replace};
}

}  // namespace tools::kvctl
