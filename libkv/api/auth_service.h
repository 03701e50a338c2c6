// What the methods of etcdserverpb.Auth share.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/proto/rpc.pb.h"
#include "libkv/api/unary.h"
#include "libkv/auth/auth_table.h"

namespace kv::api {

/// `serve` gets each request that passes the checks of every method.
template <class Request>
void add_auth_method(rpc::Server& server, const Context& context, const std::string& name,
                     void (*serve)(const Context&, const rpc::CallPtr&, Request&)) {
  server.add_unary("/etcdserverpb.Auth/" + name,
                   [&context, serve](const rpc::CallPtr& call, std::string_view bytes) {
                     Request request;
                     if (!parse(call, bytes, request)) return;
                     if (auto refusal = intercept(context, *call, Learner::kMayNot)) {
                       return refuse(call, std::move(*refusal));
                     }
                     serve(context, call, request);
                   });
}

/// Proposes a change of users and roles, or of authentication as a whole: the log says whether the caller
/// may.
template <class Response>
void change_auth(const Context& context, const rpc::CallPtr& call, Operation operation) {
  with_caller(context, call, [&context, call, operation = std::move(operation)](Caller caller) mutable {
    const auto answer = [&context, call](const std::expected<Outcome, RequestFailure>& outcome) {
      if (!outcome) return refuse(call, status_of(outcome.error()));
      if (!outcome->result) return refuse(call, status_of(outcome->result.error()));
      Response response;
      fill(context.server.origin(), outcome->revision, *response.mutable_header());
      reply(call, response);
    };
    context.server.write(std::move(operation), answer, {.session = {}, .principal = std::move(caller)});
  });
}

/// Calls `answer(view, table, caller)` on the call's thread once this member has everything that was
/// acknowledged before.
template <class Answer>
void read_auth(const Context& context, const rpc::CallPtr& call, Answer answer) {
  context.server.read([&context, call, answer](const std::expected<ReadView, RequestFailure>& view) {
    if (!view) return refuse(call, status_of(view.error()));
    call->post([&context, call, answer, view = *view] {
      with_caller(context, call, [&context, view, answer](const Caller& caller) {
        answer(view, *context.server.auth(), caller);
      });
    });
  });
}

}  // namespace kv::api
