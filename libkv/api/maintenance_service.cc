// etcdserverpb.Maintenance (contract section 7.1): Status and MoveLeader.
#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

void status(const Context& context, const rpc::CallPtr& call) {
  const ServerStatus now = context.server.status();
  MessageArena arena;
  auto& response = arena.make<etcdserverpb::StatusResponse>();
  fill(context.server.origin(), context.server.local_view().revision(), *response.mutable_header());
  response.set_version(std::string(kEtcdVersion));
  response.set_storageversion(std::string(kClusterVersion));
  response.set_dbsize(static_cast<std::int64_t>(context.server.bytes_on_disk()));
  response.set_dbsizeinuse(static_cast<std::int64_t>(context.server.bytes_in_use()));
  response.set_dbsizequota(context.options.quota_bytes);
  response.set_leader(now.leader ? now.leader->value() : 0);
  response.set_raftindex(now.commit.value());
  response.set_raftterm(now.term.value());
  response.set_raftappliedindex(now.applied.value());
  response.set_islearner(now.learner);
  response.mutable_downgradeinfo();
  if (!now.leader) response.add_errors("etcdserver: no leader");
  for (const Alarm& alarm : context.server.alarms()) {
    response.add_errors("memberID:" + std::to_string(alarm.member.value()) +
                        " alarm:" + std::string(name_of(alarm.type)) + " ");
  }
  reply(call, response);
}

void move_leader(const Context& context, const rpc::CallPtr& call, std::string_view bytes) {
  etcdserverpb::MoveLeaderRequest request;
  if (!parse(call, bytes, request)) return;
  with_caller(context, call, [&context, call, target = raft::NodeId(request.targetid())](const Caller&) {
    context.server.move_leader(target, [call](const std::expected<void, ServerError>& moved) {
      if (!moved) return refuse(call, status_of(moved.error()));
      reply(call, etcdserverpb::MoveLeaderResponse());  // as etcd's: no header
    });
  });
}

}  // namespace

void register_maintenance(rpc::Server& server, const Context& context) {
  server.add_unary("/etcdserverpb.Maintenance/Status",
                   [&context](const rpc::CallPtr& call, std::string_view) {
                     if (auto refusal = intercept(context, *call, Learner::kMay))
                       return refuse(call, std::move(*refusal));
                     with_caller(context, call, [&context, call](const Caller&) { status(context, call); });
                   });
  server.add_unary("/etcdserverpb.Maintenance/MoveLeader",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     move_leader(context, call, bytes);
                   });
  register_alarms(server, context);
  register_downgrade(server, context);
  register_hash(server, context);
  register_snapshot(server, context);
}

}  // namespace kv::api
