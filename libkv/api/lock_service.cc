// v3lockpb.Lock (contract section 4.1).
#include <optional>
#include <utility>

#include "libkv/api/convert.h"
#include "libkv/api/proto/lock.pb.h"
#include "libkv/api/recipe.h"
#include "libkv/api/turn_call.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

bool read_lock(const CallPtr& call, std::string_view bytes, TurnRequest& turn) {
  v3lockpb::LockRequest request;
  if (!parse(call, bytes, request)) return false;
  turn = {.name = std::move(*request.mutable_name()), .lease = request.lease(), .value = std::nullopt};
  return true;
}

void unlock(const Context& context, const CallPtr& call, std::string_view bytes) {
  v3lockpb::UnlockRequest request;
  if (!parse(call, bytes, request)) return;
  if (auto refusal = intercept(context, *call, Learner::kMayNot)) return refuse(call, std::move(*refusal));
  if (request.key().empty()) return refuse(call, no_key());
  const auto answer = [&context, call](const auto& outcome) {
    if (!outcome) return refuse(call, recipe_error(status_of(outcome.error().error)));
    if (!outcome->result) return refuse(call, recipe_error(status_of(outcome->result.error())));
    v3lockpb::UnlockResponse response;
    fill(context.server.origin(), outcome->revision, *response.mutable_header());
    reply(call, response);
  };
  with_caller(context, call, [&context, key = request.key(), answer](Caller caller) {
    context.server.write(DeleteRangeOp{.key = key, .range_end = {}}, answer,
                         {.principal = std::move(caller)});
  });
}

}  // namespace

void register_lock(rpc::Server& server, const Context& context) {
  add_turn(server, context, "/v3lockpb.Lock/Lock", read_lock,
           [&context](const CallPtr& call, const TurnRequest&, const Place& place) {
             v3lockpb::LockResponse response;
             fill(context.server.origin(), place.reached, *response.mutable_header());
             response.set_key(place.key);
             reply(call, response);
           });
  server.add_unary("/v3lockpb.Lock/Unlock",
                   [&context](const CallPtr& call, std::string_view bytes) { unlock(context, call, bytes); });
}

}  // namespace kv::api
