// etcdserverpb.Auth (contract section 9): on, off, and who one is. Users and roles: auth_users.cc,
// auth_roles.cc.
#include "libkv/api/auth_service.h"

#include <utility>

#include "libkv/api/unary.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthEnableRequest&) {
  change_auth<etcdserverpb::AuthEnableResponse>(context, call, AuthEnableOp());
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthDisableRequest&) {
  change_auth<etcdserverpb::AuthDisableResponse>(context, call, AuthDisableOp());
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthStatusRequest&) {
  read_auth(context, call,
            [&context, call](const ReadView& view, const AuthTable& table, const Caller& caller) {
              if (const auto error = table.is_admin(caller)) return refuse(call, status_of(*error));
              etcdserverpb::AuthStatusResponse response;
              fill(context.server.origin(), view.revision(), *response.mutable_header());
              response.set_enabled(table.enabled());
              response.set_authrevision(table.revision());
              reply(call, response);
            });
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthenticateRequest& request) {
  Credentials credentials{.user = std::move(*request.mutable_name()),
                          .password = std::move(*request.mutable_password()),
                          .client = std::string(call->peer())};
  context.server.authenticate(
      std::move(credentials), [&context, call](const std::expected<std::string, AuthRefusal>& token) {
        if (!token) return refuse(call, status_of(token.error()));
        etcdserverpb::AuthenticateResponse response;
        fill(context.server.origin(), context.server.local_view().revision(), *response.mutable_header());
        response.set_token(*token);
        reply(call, response);
      });
}

}  // namespace

void register_auth(rpc::Server& server, const Context& context) {
  add_auth_method<etcdserverpb::AuthEnableRequest>(server, context, "AuthEnable", serve_auth);
  add_auth_method<etcdserverpb::AuthDisableRequest>(server, context, "AuthDisable", serve_auth);
  add_auth_method<etcdserverpb::AuthStatusRequest>(server, context, "AuthStatus", serve_auth);
  add_auth_method<etcdserverpb::AuthenticateRequest>(server, context, "Authenticate", serve_auth);
  register_users(server, context);
  register_roles(server, context);
}

}  // namespace kv::api
