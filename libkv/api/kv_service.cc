// etcdserverpb.KV (contract section 2) on a KvServer.
#include <memory>
#include <utility>

#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"
#include "libkv/api/validate.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

/// Runs `answer(view)` on the call's thread with a view that fits the request.
template <class Answer>
void with_view(const Context& context, const CallPtr& call, bool serializable, Answer answer) {
  if (serializable) {
    answer(context.server.local_view());
    return;
  }
  context.server.read(
      [call, answer = std::move(answer)](std::expected<ReadView, RequestFailure> view) mutable {
        if (!view) return refuse(call, status_of(view.error().error));
        call->post([answer = std::move(answer), view = std::move(*view)] { answer(view); });
      });
}

/// Proposes, and runs `answer(outcome)` with what it gave, on the thread that applied it: only small answers
/// are made there, bigger ones post themselves to the call's thread.
template <class Answer>
void propose(const Context& context, const CallPtr& call, Operation operation, Answer answer) {
  context.server.write(std::move(operation),
                       [call, answer = std::move(answer)](std::expected<Outcome, RequestFailure> outcome) {
                         if (!outcome) return refuse(call, status_of(outcome.error().error));
                         if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
                         answer(std::move(*outcome));
                       });
}

template <class Response, class Result>
void answer_with(const Context& context, const CallPtr& call, std::int64_t revision, Result&& result) {
  MessageArena arena;
  auto& response = arena.make<Response>();
  fill(context.server.origin(), revision, *response.mutable_header());
  fill(std::forward<Result>(result), response);
  reply(call, response);
}

void range(const Context& context, const CallPtr& call, std::string_view bytes) {
  MessageArena arena;
  auto& request = arena.make<etcdserverpb::RangeRequest>();
  if (!parse(call, bytes, request)) return;
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  with_view(context, call, request.serializable(),
            [&context, call, op = to_op(request)](const ReadView& view) {
              auto result = view.range(op);
              if (!result) return refuse(call, status_of(result.error()));
              answer_with<etcdserverpb::RangeResponse>(context, call, view.revision(), std::move(*result));
            });
}

void put(const Context& context, const CallPtr& call, std::string_view bytes) {
  MessageArena arena;
  auto& request = arena.make<etcdserverpb::PutRequest>();
  if (!parse(call, bytes, request)) return;
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  propose(context, call, to_op(request), [&context, call](Outcome&& outcome) {
    answer_with<etcdserverpb::PutResponse>(context, call, outcome.revision,
                                           std::get<PutResult>(std::move(*outcome.result)));
  });
}

void delete_range(const Context& context, const CallPtr& call, std::string_view bytes) {
  MessageArena arena;
  auto& request = arena.make<etcdserverpb::DeleteRangeRequest>();
  if (!parse(call, bytes, request)) return;
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  propose(context, call, to_op(request), [&context, call](Outcome&& outcome) {
    auto shared = std::make_shared<Outcome>(std::move(outcome));  // shared: a posted closure must be copyable
    call->post([&context, call, shared] {
      answer_with<etcdserverpb::DeleteRangeResponse>(context, call, shared->revision,
                                                     std::get<DeleteRangeResult>(std::move(*shared->result)));
    });
  });
}

/// Serializable only when every range in it is (contract section 2.5).
bool is_serializable(const etcdserverpb::TxnRequest& request) {
  for (const auto* branch : {&request.success(), &request.failure()}) {
    for (const auto& op : *branch) {
      if (!op.request_range().serializable()) return false;
    }
  }
  return true;
}

void txn(const Context& context, const CallPtr& call, std::string_view bytes) {
  MessageArena arena;
  auto& request = arena.make<etcdserverpb::TxnRequest>();
  if (!parse(call, bytes, request)) return;
  if (const auto error = validate(request, context.options.txn_ops_max))
    return refuse(call, status_of(*error));
  TxnOp op = to_op(request);
  if (is_read_only(op)) {
    const bool serializable = is_serializable(request);
    with_view(context, call, serializable, [&context, call, op = std::move(op)](const ReadView& view) {
      auto result = read_txn(view, op);
      if (!result) return refuse(call, status_of(result.error()));
      answer_with<etcdserverpb::TxnResponse>(context, call, view.revision(), std::move(*result));
    });
    return;
  }
  propose(context, call, std::move(op), [&context, call](Outcome&& outcome) {
    auto shared = std::make_shared<Outcome>(std::move(outcome));  // shared: a posted closure must be copyable
    call->post([&context, call, shared] {
      answer_with<etcdserverpb::TxnResponse>(context, call, shared->revision,
                                             std::get<TxnResult>(std::move(*shared->result)));
    });
  });
}

/// `physical` waits for the logical compaction only: space comes back by itself, paced, and no client needs
/// to wait.
void compact(const Context& context, const CallPtr& call, std::string_view bytes) {
  MessageArena arena;
  auto& request = arena.make<etcdserverpb::CompactionRequest>();
  if (!parse(call, bytes, request)) return;
  propose(context, call, CompactOp{request.revision()}, [&context, call](Outcome&& outcome) {
    MessageArena answer_arena;
    auto& response = answer_arena.make<etcdserverpb::CompactionResponse>();
    fill(context.server.origin(), outcome.revision, *response.mutable_header());
    reply(call, response);
  });
}

using Method = void (*)(const Context&, const CallPtr&, std::string_view);

void add(rpc::Server& server, const Context& context, const std::string& name, Method method) {
  server.add_unary("/etcdserverpb.KV/" + name,
                   [&context, method](const CallPtr& call, std::string_view bytes) {
                     if (auto refusal = intercept(context, *call, Learner::kMayNot))
                       return refuse(call, std::move(*refusal));
                     method(context, call, bytes);
                   });
}

}  // namespace

void register_kv(rpc::Server& server, const Context& context) {
  add(server, context, "Put", put);
  add(server, context, "DeleteRange", delete_range);
  add(server, context, "Txn", txn);
  add(server, context, "Compact", compact);
  // A learner may answer serializable ranges, which only the request tells.
  server.add_unary("/etcdserverpb.KV/Range", [&context](const CallPtr& call, std::string_view bytes) {
    if (auto refusal = intercept(context, *call, Learner::kMay)) return refuse(call, std::move(*refusal));
    if (context.server.is_learner()) {
      etcdserverpb::RangeRequest request;
      if (!parse(call, bytes, request)) return;
      if (!request.serializable()) return refuse(call, status_of(ApiError::kNotSupportedForLearner));
    }
    range(context, call, bytes);
  });
}

}  // namespace kv::api
