// v3electionpb.Election (contract section 4.1).
#include <memory>
#include <optional>
#include <utility>

#include "libkv/api/convert.h"
#include "libkv/api/observation.h"
#include "libkv/api/proto/election.pb.h"
#include "libkv/api/recipe.h"
#include "libkv/api/turn_call.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

rpc::Status not_leader() {
  return {rpc::Code::kUnknown, "election: not leader"};
}

rpc::Status no_leader() {
  return {rpc::Code::kUnknown, "election: no leader"};
}

/// Why a request that names a leader cannot be tried; nothing when it can.
template <class Request>
std::optional<rpc::Status> fault_of_leader(const Request& request) {
  if (!request.has_leader()) return rpc::Status{rpc::Code::kUnknown, "\"leader\" field must be provided"};
  if (request.leader().key().empty()) return no_key();
  return std::nullopt;
}

bool read_campaign(const CallPtr& call, std::string_view bytes, TurnRequest& turn) {
  v3electionpb::CampaignRequest request;
  if (!parse(call, bytes, request)) return false;
  turn = {.name = std::move(*request.mutable_name()),
          .lease = request.lease(),
          .value = std::move(*request.mutable_value())};
  return true;
}

void elected(const Context& context, const CallPtr& call, const TurnRequest& request, const Place& place) {
  v3electionpb::CampaignResponse response;
  fill(context.server.origin(), place.taken, *response.mutable_header());
  auto& leader = *response.mutable_leader();
  leader.set_name(request.name);
  leader.set_key(place.key);
  leader.set_rev(place.revision);
  leader.set_lease(place.lease);
  reply(call, response);
}

/// Does `step` if the leader's key is still the one of that revision. `otherwise`: the answer when it is not;
/// none: the same answer.
template <class Response>
void as_leader(const Context& context, const CallPtr& call, const Caller& caller,
               const v3electionpb::LeaderKey& leader, Op step, std::optional<rpc::Status> otherwise) {
  TxnOp txn;
  txn.compares.push_back(created_at(leader.key(), leader.rev()));
  txn.success.push_back(std::move(step));
  const auto answer = [&context, call, otherwise](const auto& outcome) {
    if (!outcome) return refuse(call, recipe_error(status_of(outcome.error().error)));
    if (!outcome->result) return refuse(call, recipe_error(status_of(outcome->result.error())));
    if (otherwise && !std::get<TxnResult>(*outcome->result).succeeded) return refuse(call, *otherwise);
    Response response;
    fill(context.server.origin(), outcome->revision, *response.mutable_header());
    reply(call, response);
  };
  context.server.write(std::move(txn), answer, {.principal = caller});
}

void serve_election(const Context& context, const CallPtr& call, const Caller& caller,
                    const v3electionpb::ProclaimRequest& request) {
  if (auto fault = fault_of_leader(request)) return refuse(call, std::move(*fault));
  with_lease(
      context, call, caller, request.leader().lease(),
      [&context, call, caller, leader = request.leader(), value = request.value()](std::int64_t lease) {
        Op put{PutOp{.key = leader.key(), .value = value, .lease = lease}};
        as_leader<v3electionpb::ProclaimResponse>(context, call, caller, leader, std::move(put),
                                                  not_leader());
      });
}

void serve_election(const Context& context, const CallPtr& call, const Caller& caller,
                    const v3electionpb::ResignRequest& request) {
  if (auto fault = fault_of_leader(request)) return refuse(call, std::move(*fault));
  Op remove{DeleteRangeOp{.key = request.leader().key(), .range_end = {}}};
  as_leader<v3electionpb::ResignResponse>(context, call, caller, request.leader(), std::move(remove),
                                          std::nullopt);
}

void serve_election(const Context& context, const CallPtr& call, const Caller& caller,
                    const v3electionpb::LeaderRequest& request) {
  context.server.read([&context, call, caller, name = request.name()](const auto& view) {
    if (!view) return refuse(call, recipe_error(status_of(view.error().error)));
    call->post([&context, call, caller, name, view = *view] {
      if (auto status = refused_line(context, caller, name)) return refuse(call, std::move(*status));
      const auto oldest = view.range(oldest_of(name));
      if (!oldest) return refuse(call, recipe_error(status_of(oldest.error())));
      if (oldest->kvs.empty()) return refuse(call, no_leader());
      reply(call,
            leader_response({context.server.origin(), view.revision()}, to_message(oldest->kvs.front())));
    });
  });
}

class ObserveCall final : public rpc::StreamHandler {
 public:
  ObserveCall(const Context& context, const CallPtr& call) : context_(context), call_(call) {}

  void on_message(std::string_view bytes) override {
    if (observation_) return refuse(call_, {rpc::Code::kInternal, "grpc: more than one request message"});
    v3electionpb::LeaderRequest request;
    if (!parse(call_, bytes, request)) return;
    if (auto refusal = intercept(context_, *call_, Learner::kMayNot)) {
      return refuse(call_, std::move(*refusal));
    }
    observation_ = std::make_shared<Observation>(context_, call_, request.name());
    with_caller(context_, call_,
                [observation = observation_](Caller caller) { observation->begin(std::move(caller)); });
  }
  void on_half_close() override {}
  void on_done() override {
    if (observation_) observation_->abandon();
  }

 private:
  const Context& context_;
  const CallPtr call_;
  std::shared_ptr<Observation> observation_;  // shared with what it waits for
};

template <class Request>
void add_election(rpc::Server& server, const Context& context, const std::string& name) {
  server.add_unary("/v3electionpb.Election/" + name, [&context](const CallPtr& call, std::string_view bytes) {
    Request request;
    if (!parse(call, bytes, request)) return;
    if (auto refusal = intercept(context, *call, Learner::kMayNot)) return refuse(call, std::move(*refusal));
    with_caller(context, call, [&context, call, request](const Caller& caller) {
      serve_election(context, call, caller, request);
    });
  });
}

}  // namespace

void register_election(rpc::Server& server, const Context& context) {
  add_turn(server, context, "/v3electionpb.Election/Campaign", read_campaign,
           [&context](const CallPtr& call, const TurnRequest& request, const Place& place) {
             elected(context, call, request, place);
           });
  add_election<v3electionpb::ProclaimRequest>(server, context, "Proclaim");
  add_election<v3electionpb::ResignRequest>(server, context, "Resign");
  add_election<v3electionpb::LeaderRequest>(server, context, "Leader");
  server.add_stream("/v3electionpb.Election/Observe",
                    [&context](const CallPtr& call) { return std::make_unique<ObserveCall>(context, call); });
}

}  // namespace kv::api
