// etcdserverpb.Maintenance's Alarm and Defragment (contract sections 6.3, 7.1).
#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using etcdserverpb::AlarmRequest;
using etcdserverpb::AlarmResponse;

void add_alarm(const Alarm& alarm, AlarmResponse& response) {
  auto& added = *response.add_alarms();
  added.set_memberid(alarm.member.value());
  added.set_alarm(static_cast<etcdserverpb::AlarmType>(alarm.type));
}

/// As etcd lists them: of all members, whatever member the request names.
void list_alarms(const Context& context, const rpc::CallPtr& call, etcdserverpb::AlarmType wanted,
                 const Caller& caller) {
  if (auto status = refused(context, caller, Access::kUser)) return refuse(call, std::move(*status));
  context.server.read([&context, call, wanted](std::expected<ReadView, RequestFailure> view) {
    if (!view) return refuse(call, status_of(view.error()));
    MessageArena arena;
    auto& response = arena.make<AlarmResponse>();
    fill(context.server.origin(), view->revision(), *response.mutable_header());
    for (const Alarm& alarm : context.server.alarms()) {
      const bool listed = wanted == etcdserverpb::AlarmType::NONE || wanted == static_cast<int>(alarm.type);
      if (listed) add_alarm(alarm, response);
    }
    reply(call, response);
  });
}

void change_alarm(const Context& context, const rpc::CallPtr& call, const AlarmOp& op, Caller caller) {
  const auto answer = [&context, call](const std::expected<Outcome, RequestFailure>& outcome) {
    if (!outcome) return refuse(call, status_of(outcome.error()));
    if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
    MessageArena arena;
    auto& response = arena.make<AlarmResponse>();
    fill(context.server.origin(), outcome->revision, *response.mutable_header());
    const auto& result = std::get<AlarmResult>(*outcome->result);
    if (result.alarm) add_alarm(*result.alarm, response);
    reply(call, response);
  };
  context.server.write(op, answer, as_client(context, std::move(caller)));
}

bool is_raisable(etcdserverpb::AlarmType type) {
  return type == etcdserverpb::AlarmType::NOSPACE || type == etcdserverpb::AlarmType::CORRUPT;
}

void serve_alarm(const Context& context, const rpc::CallPtr& call, const AlarmRequest& request,
                 Caller caller) {
  if (request.action() == AlarmRequest::GET) return list_alarms(context, call, request.alarm(), caller);
  if (auto status = refused(context, caller, Access::kAdmin)) return refuse(call, std::move(*status));
  // An alarm of type NONE is neither raised nor found.
  if (!is_raisable(request.alarm())) {
    AlarmResponse nothing;
    fill(context.server.origin(), context.server.local_view().revision(), *nothing.mutable_header());
    return reply(call, nothing);
  }
  change_alarm(context, call,
               {.deactivate = request.action() == AlarmRequest::DEACTIVATE,
                .alarm = {.member = raft::NodeId(request.memberid()),
                          .type = static_cast<AlarmType>(request.alarm())}},
               std::move(caller));
}

}  // namespace

void register_alarms(rpc::Server& server, const Context& context) {
  server.add_unary("/etcdserverpb.Maintenance/Alarm",
                   [&context](const rpc::CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     AlarmRequest request;
                     if (!parse(call, bytes, request)) return;
                     with_caller(context, call, [&context, call, request](Caller caller) {
                       serve_alarm(context, call, request, std::move(caller));
                     });
                   });
  // Space comes back by itself; who asks for it gets it at once, and nothing stands still meanwhile.
  server.add_unary("/etcdserverpb.Maintenance/Defragment",
                   [&context](const rpc::CallPtr& call, std::string_view) {
                     if (auto refusal = intercept(context, *call, Learner::kMay))
                       return refuse(call, std::move(*refusal));
                     with_caller(context, call, [&context, call](const Caller&) {
                       context.server.reclaim([call] {
                         reply(call, etcdserverpb::DefragmentResponse());  // as etcd's: no header
                       });
                     });
                   });
}

}  // namespace kv::api
