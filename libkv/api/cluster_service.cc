// etcdserverpb.Cluster (contract section 7.4) on a KvServer.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/peer_urls.h"
#include "libkv/api/unary.h"
#include "libkv/machine/ids.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

void describe(const MemberInfo& info, etcdserverpb::Member& member) {
  member.set_id(info.id.value());
  member.set_name(info.name);
  for (const std::string& url : info.peer_urls) member.add_peerurls(url);
  for (const std::string& url : info.client_urls) member.add_clienturls(url);
  member.set_islearner(info.learner);
  member.set_promotewhencaughtup(info.promote_when_caught_up);
  if (info.replaces) member.set_replaces(info.replaces->value());
}

/// The header shows no revision (contract section 1.0.2).
template <class Response>
void list(const Context& context, const std::vector<MemberInfo>& members, Response& response) {
  fill(context.server.origin(), 0, *response.mutable_header());
  for (const MemberInfo& info : members) describe(info, *response.add_members());
}

/// Answers with every member; the answer to an addition also names the new one.
template <class Response>
void answer_change(const Context& context, const CallPtr& call,
                   const std::expected<Outcome, RequestFailure>& outcome) {
  if (!outcome) return refuse(call, status_of(outcome.error()));
  if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
  const auto& result = std::get<MembersResult>(*outcome->result);
  MessageArena arena;
  auto& response = arena.make<Response>();
  list(context, result.members, response);
  if constexpr (std::is_same_v<Response, etcdserverpb::MemberAddResponse>) {
    describe(result.member, *response.mutable_member());
  }
  reply(call, response);
}

template <class Response>
void change(const Context& context, const CallPtr& call, Operation operation) {
  with_caller(context, call, [&context, call, operation = std::move(operation)](Caller caller) mutable {
    const auto answer = [&context, call](const std::expected<Outcome, RequestFailure>& outcome) {
      answer_change<Response>(context, call, outcome);
    };
    context.server.change_members(std::move(operation), answer, as_client(context, std::move(caller)));
  });
}

std::optional<std::vector<std::string>> peer_urls_of(
    const google::protobuf::RepeatedPtrField<std::string>& urls) {
  return read_peer_urls({urls.begin(), urls.end()});
}

std::int64_t unix_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

void serve(const Context& context, const CallPtr& call, const etcdserverpb::MemberAddRequest& request) {
  auto urls = peer_urls_of(request.peerurls());
  if (!urls) return refuse(call, status_of(ApiError::kBadUrls));
  std::sort(urls->begin(), urls->end());
  AddMemberOp op{.member = {}, .learners_max = context.options.learners_max};
  op.member.id = raft::NodeId(member_id(*urls, unix_seconds()));
  op.member.peer_urls = std::move(*urls);
  op.member.promote_when_caught_up = request.promotewhencaughtup();
  op.member.learner = request.islearner() || request.promotewhencaughtup();
  if (request.replaces() != 0) op.member.replaces = raft::NodeId(request.replaces());
  change<etcdserverpb::MemberAddResponse>(context, call, std::move(op));
}

void serve(const Context& context, const CallPtr& call, const etcdserverpb::MemberRemoveRequest& request) {
  change<etcdserverpb::MemberRemoveResponse>(context, call, RemoveMemberOp{raft::NodeId(request.id())});
}

void serve(const Context& context, const CallPtr& call, const etcdserverpb::MemberUpdateRequest& request) {
  auto urls = peer_urls_of(request.peerurls());
  if (!urls) return refuse(call, status_of(ApiError::kBadUrls));
  change<etcdserverpb::MemberUpdateResponse>(context, call,
                                             UpdateMemberOp{raft::NodeId(request.id()), std::move(*urls)});
}

void serve(const Context& context, const CallPtr& call, const etcdserverpb::MemberPromoteRequest& request) {
  change<etcdserverpb::MemberPromoteResponse>(context, call, PromoteMemberOp{raft::NodeId(request.id())});
}

void answer_members(const Context& context, const CallPtr& call) {
  MessageArena arena;
  auto& response = arena.make<etcdserverpb::MemberListResponse>();
  list(context, context.server.members(), response);
  reply(call, response);
}

void serve(const Context& context, const CallPtr& call, const etcdserverpb::MemberListRequest& request) {
  const bool linearizable = request.linearizable();
  with_caller(context, call, [&context, call, linearizable](const Caller&) {
    if (!linearizable) return answer_members(context, call);
    context.server.read([&context, call](const std::expected<ReadView, RequestFailure>& view) {
      if (!view) return refuse(call, status_of(view.error()));
      call->post([&context, call] { answer_members(context, call); });
    });
  });
}

template <class Request>
void add_cluster_method(rpc::Server& server, const Context& context, const std::string& name) {
  server.add_unary("/etcdserverpb.Cluster/" + name, [&context](const CallPtr& call, std::string_view bytes) {
    if (auto refusal = intercept(context, *call, Learner::kMayNot)) return refuse(call, std::move(*refusal));
    Request request;
    if (parse(call, bytes, request)) serve(context, call, request);
  });
}

}  // namespace

void register_cluster(rpc::Server& server, const Context& context) {
  add_cluster_method<etcdserverpb::MemberAddRequest>(server, context, "MemberAdd");
  add_cluster_method<etcdserverpb::MemberRemoveRequest>(server, context, "MemberRemove");
  add_cluster_method<etcdserverpb::MemberUpdateRequest>(server, context, "MemberUpdate");
  add_cluster_method<etcdserverpb::MemberListRequest>(server, context, "MemberList");
  add_cluster_method<etcdserverpb::MemberPromoteRequest>(server, context, "MemberPromote");
}

}  // namespace kv::api
