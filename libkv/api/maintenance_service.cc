// etcdserverpb.Maintenance (contract section 7.1): Status, MoveLeader, and the alarms, of which there are
// none to raise yet.
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
  response.set_dbsizequota(static_cast<std::int64_t>(context.options.quota_bytes));
  response.set_leader(now.leader ? now.leader->value() : 0);
  response.set_raftindex(now.commit.value());
  response.set_raftterm(now.term.value());
  response.set_raftappliedindex(now.applied.value());
  response.set_islearner(now.learner);
  response.mutable_downgradeinfo();
  if (!now.leader) response.add_errors("etcdserver: no leader");
  reply(call, response);
}

void alarms(const Context& context, const rpc::CallPtr& call, std::string_view bytes) {
  etcdserverpb::AlarmRequest request;
  if (!parse(call, bytes, request)) return;
  if (request.action() == etcdserverpb::AlarmRequest::ACTIVATE &&
      request.alarm() != etcdserverpb::AlarmType::NONE) {
    return refuse(call, {rpc::Code::kUnimplemented, "kvd: raising an alarm by hand is not there yet"});
  }
  // Nothing raises an alarm yet, so the list is empty, and there is nothing that a deactivation could remove.
  // As in etcd the answer takes a quorum.
  context.server.read([&context, call](std::expected<ReadView, RequestFailure> view) {
    if (!view) return refuse(call, status_of(view.error().error));
    MessageArena arena;
    auto& response = arena.make<etcdserverpb::AlarmResponse>();
    fill(context.server.origin(), view->revision(), *response.mutable_header());
    reply(call, response);
  });
}

void move_leader(const Context& context, const rpc::CallPtr& call, std::string_view bytes) {
  etcdserverpb::MoveLeaderRequest request;
  if (!parse(call, bytes, request)) return;
  context.server.move_leader(raft::NodeId(request.targetid()),
                             [call](const std::expected<void, ServerError>& moved) {
                               if (!moved) return refuse(call, status_of(moved.error()));
                               reply(call, etcdserverpb::MoveLeaderResponse());  // as etcd's: no header
                             });
}

}  // namespace

void register_maintenance(rpc::Server& server, const Context& context) {
  server.add_unary("/etcdserverpb.Maintenance/Status",
                   [&context](const rpc::CallPtr& call, std::string_view) {
                     if (auto refusal = intercept(context, *call, Learner::kMay))
                       return refuse(call, std::move(*refusal));
                     status(context, call);
                   });
  server.add_unary("/etcdserverpb.Maintenance/Alarm",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     alarms(context, call, bytes);
                   });
  server.add_unary("/etcdserverpb.Maintenance/MoveLeader",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     move_leader(context, call, bytes);
                   });
  register_snapshot(server, context);
}

}  // namespace kv::api
