// etcdserverpb.KV (contract section 2) on a KvServer.
#include <memory>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/encode.h"
#include "libkv/api/errors.h"
#include "libkv/api/sessions.h"
#include "libkv/api/unary.h"
#include "libkv/api/validate.h"
#include "libkv/machine/authorize.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

/// `bytes` from encode: empty when the response is too large for gRPC.
void send(const CallPtr& call, std::string bytes) {
  if (bytes.empty()) return refuse(call, status_of(ApiError::kResponseTooLarge));
  call->reply(std::move(bytes));
}

/// On the thread that applied the write, which has better things to do than to copy keys and values: answers
/// that hold some are made on the call's thread.
void answer_write(const Context& context, const CallPtr& call,
                  std::expected<Outcome, RequestFailure>&& outcome) {
  if (!outcome) return refuse(call, status_of(outcome.error()));
  if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
  if (is_small(*outcome->result)) {
    return send(call, encode({context.server.origin(), outcome->revision}, *outcome->result));
  }
  auto shared = std::make_shared<Outcome>(std::move(*outcome));  // shared: a posted closure must be copyable
  call->post([&context, call, shared] {
    send(call, encode({context.server.origin(), shared->revision}, *shared->result));
  });
}

void propose(const Context& context, const CallPtr& call, Operation operation) {
  write(context, call, std::move(operation),
        [&context, call](std::expected<Outcome, RequestFailure> outcome) {
          answer_write(context, call, std::move(outcome));
        });
}

/// Runs `answer(view)` on the call's thread with a view that fits the request.
template <class Answer>
void with_view(const Context& context, const CallPtr& call, bool serializable, Answer answer) {
  if (serializable) {
    if (context.server.is_odd()) return refuse(call, status_of(ServerError::kCorrupt));
    return answer(context.server.local_view());
  }
  context.server.read(
      [call, answer = std::move(answer)](std::expected<ReadView, RequestFailure> view) mutable {
        if (!view) return refuse(call, status_of(view.error()));
        call->post([call, answer = std::move(answer), view = std::move(*view)] {
          if (!call->cancelled()) answer(view);  // who went away costs no more
        });
      });
}

/// `result`: a range's or a read-only Txn's, from `view`.
template <class Result>
void answer_read(const Context& context, const CallPtr& call, const ReadView& view,
                 const std::expected<Result, ReadFault>& result) {
  if (!result) return refuse(call, status_of(result.error()));
  send(call, encode({context.server.origin(), view.revision()}, *result));
}

std::optional<KvError> may_read(const Context& /*context*/, const AuthTable& table,
                                const Principal& principal, const RangeOp& op) {
  return may_range(table, principal, op);
}

std::optional<KvError> may_read(const Context& context, const AuthTable& table, const Principal& principal,
                                const TxnOp& op) {
  return context.server.leases().read(
      [&](const LeaseTable& leases) { return may_txn(table, principal, op, leases); });
}

/// Calls `answer(view, op)` when whoever makes the call may read what `op` does. They are asked behind the
/// view: a member that lagged knows by then who they are now.
template <class ReadOp, class Answer>
void with_permission(const Context& context, const CallPtr& call, const ReadView& view, const ReadOp& op,
                     Answer answer) {
  if (!context.server.auth_enabled()) return answer(view, op);
  with_caller(context, call, [&context, call, view, op, answer](const Caller& caller) {
    const auto check = [&](const AuthTable& table, const Principal& principal) {
      return may_read(context, table, principal, op);
    };
    if (auto status = refused(context, caller, check)) return refuse(call, std::move(*status));
    answer(view, op);
  });
}

void serve(const Context& context, const CallPtr& call, etcdserverpb::RangeRequest& request) {
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  const auto answer = [&context, call](const ReadView& view, const RangeOp& op) {
    answer_read(context, call, view, view.range(op));
  };
  with_view(context, call, request.serializable(),
            [&context, call, op = to_op(request), answer](const ReadView& view) {
              with_permission(context, call, view, op, answer);
            });
}

void serve(const Context& context, const CallPtr& call, etcdserverpb::PutRequest& request) {
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  propose(context, call, to_op(request));
}

void serve(const Context& context, const CallPtr& call, etcdserverpb::DeleteRangeRequest& request) {
  if (const auto error = validate(request)) return refuse(call, status_of(*error));
  propose(context, call, to_op(request));
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

void serve(const Context& context, const CallPtr& call, etcdserverpb::TxnRequest& request) {
  if (const auto error = validate(request, context.options.txn_ops_max))
    return refuse(call, status_of(*error));
  TxnOp op = to_op(request);
  if (!is_read_only(op)) return propose(context, call, std::move(op));
  const auto answer = [&context, call](const ReadView& view, const TxnOp& txn) {
    answer_read(context, call, view, read_txn(view, txn));
  };
  with_view(context, call, is_serializable(request),
            [&context, call, op = std::move(op), answer](const ReadView& view) {
              with_permission(context, call, view, op, answer);
            });
}

void serve(const Context& context, const CallPtr& call, etcdserverpb::CompactionRequest& request) {
  const CompactOp op{request.revision()};
  if (!request.physical()) return propose(context, call, op);
  write(context, call, op, [&context, call](std::expected<Outcome, RequestFailure> outcome) {
    if (!outcome || !outcome->result) return answer_write(context, call, std::move(outcome));
    context.server.await_compaction([&context, call, outcome](const std::expected<void, ServerError>& done) {
      if (!done) return refuse(call, status_of(done.error()));
      answer_write(context, call, std::expected<Outcome, RequestFailure>(outcome));
    });
  });
}

/// A learner answers serializable ranges, and nothing else of this service.
template <class Request>
Learner learner_of(const Request& request) {
  if constexpr (std::is_same_v<Request, etcdserverpb::RangeRequest>) {
    return request.serializable() ? Learner::kMay : Learner::kMayNot;
  }
  return Learner::kMayNot;
}

template <class Request>
void add_kv_method(rpc::Server& server, const Context& context, const std::string& name) {
  server.add_unary("/etcdserverpb.KV/" + name, [&context](const CallPtr& call, std::string_view bytes) {
    MessageArena arena;
    auto& request = arena.make<Request>();
    if (!parse(call, bytes, request)) return;
    if (auto refusal = intercept(context, *call, learner_of(request)))
      return refuse(call, std::move(*refusal));
    serve(context, call, request);
  });
}

}  // namespace

void register_kv(rpc::Server& server, const Context& context) {
  add_kv_method<etcdserverpb::RangeRequest>(server, context, "Range");
  add_kv_method<etcdserverpb::PutRequest>(server, context, "Put");
  add_kv_method<etcdserverpb::DeleteRangeRequest>(server, context, "DeleteRange");
  add_kv_method<etcdserverpb::TxnRequest>(server, context, "Txn");
  add_kv_method<etcdserverpb::CompactionRequest>(server, context, "Compact");
  register_range_stream(server, context);
}

}  // namespace kv::api
