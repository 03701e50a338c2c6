// etcdserverpb.Cluster (contract section 7.4): what there is of it while the membership is fixed.
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

void answer_members(const Context& context, const rpc::CallPtr& call) {
  MessageArena arena;
  auto& response = arena.make<etcdserverpb::MemberListResponse>();
  fill(context.server.origin(), 0, *response.mutable_header());
  for (const MemberInfo& info : context.server.members()) {
    auto& member = *response.add_members();
    member.set_id(info.id.value());
    member.set_name(info.name);
    for (const std::string& url : info.peer_urls) member.add_peerurls(url);
    for (const std::string& url : info.client_urls) member.add_clienturls(url);
    member.set_islearner(info.learner);
  }
  reply(call, response);
}

}  // namespace

void register_cluster(rpc::Server& server, const Context& context) {
  server.add_unary("/etcdserverpb.Cluster/MemberList",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     etcdserverpb::MemberListRequest request;
                     if (!parse(call, bytes, request)) return;
                     if (!request.linearizable()) return answer_members(context, call);
                     context.server.read([&context, call](std::expected<ReadView, RequestFailure> view) {
                       if (!view) return refuse(call, status_of(view.error().error));
                       call->post([&context, call] { answer_members(context, call); });
                     });
                   });
}

}  // namespace kv::api
