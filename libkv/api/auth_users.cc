// Users, of etcdserverpb.Auth (contract section 9).
#include <memory>
#include <utility>

#include "libkv/api/auth_service.h"
#include "libkv/server/passwords.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

/// What bcrypt would cut is refused, in Go's words where it has some.
std::optional<rpc::Status> unfit(std::string_view password) {
  if (password.size() > kPasswordBytesMax) {
    return rpc::Status{rpc::Code::kUnknown, "bcrypt: password length exceeds 72 bytes"};
  }
  if (!is_hashable(password)) {
    return rpc::Status{rpc::Code::kInvalidArgument, "kvd: a password must not hold a zero byte"};
  }
  return std::nullopt;
}

/// Calls `ready(hash)`. Nobody has hashes made who may not use them: that costs more than any other request.
template <class Ready>
void with_hash(const Context& context, const CallPtr& call, std::string password, Ready ready) {
  if (auto status = unfit(password)) return refuse(call, std::move(*status));
  read_auth(context, call,
            [&context, call, password = std::move(password), ready](const ReadView&, const AuthTable& table,
                                                                    const Caller& caller) {
              if (const auto error = table.is_admin(caller)) return refuse(call, status_of(*error));
              context.server.hash_password(password,
                                           [call, ready](std::expected<std::string, ServerError> hash) {
                                             if (!hash) return refuse(call, status_of(hash.error()));
                                             call->post([ready, hash = std::move(*hash)] { ready(hash); });
                                           });
            });
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthUserAddRequest& request) {
  const auto add = [&context, call, name = request.name(),
                    no_password = request.options().no_password()](const std::string& hash) {
    change_auth<etcdserverpb::AuthUserAddResponse>(
        context, call, UserAddOp{.name = name, .password_hash = hash, .no_password = no_password});
  };
  if (request.options().no_password()) return add({});
  with_hash(context, call, std::move(*request.mutable_password()), add);
}

void serve_auth(const Context& context, const CallPtr& call,
                etcdserverpb::AuthUserChangePasswordRequest& request) {
  const auto change = [&context, call, name = request.name()](const std::string& hash) {
    change_auth<etcdserverpb::AuthUserChangePasswordResponse>(
        context, call, UserChangePasswordOp{.name = name, .password_hash = hash});
  };
  with_hash(context, call, std::move(*request.mutable_password()), change);
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthUserDeleteRequest& request) {
  change_auth<etcdserverpb::AuthUserDeleteResponse>(context, call,
                                                    UserDeleteOp{std::move(*request.mutable_name())});
}

void serve_auth(const Context& context, const CallPtr& call,
                etcdserverpb::AuthUserGrantRoleRequest& request) {
  change_auth<etcdserverpb::AuthUserGrantRoleResponse>(
      context, call,
      UserGrantRoleOp{.user = std::move(*request.mutable_user()),
                      .role = std::move(*request.mutable_role())});
}

void serve_auth(const Context& context, const CallPtr& call,
                etcdserverpb::AuthUserRevokeRoleRequest& request) {
  change_auth<etcdserverpb::AuthUserRevokeRoleResponse>(
      context, call,
      UserRevokeRoleOp{.user = std::move(*request.mutable_name()),
                       .role = std::move(*request.mutable_role())});
}

/// Everyone may look at oneself.
void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthUserGetRequest& request) {
  read_auth(context, call,
            [&context, call, name = request.name()](const ReadView& view, const AuthTable& table,
                                                    const Caller& caller) {
              const auto error = table.is_admin(caller);
              if (error && !(caller && caller->user == name)) return refuse(call, status_of(*error));
              const User* const user = table.find_user(name);
              if (user == nullptr) return refuse(call, status_of(KvError::kUserNotFound));
              etcdserverpb::AuthUserGetResponse response;
              fill(context.server.origin(), view.revision(), *response.mutable_header());
              for (const std::string& role : user->roles) response.add_roles(role);
              reply(call, response);
            });
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthUserListRequest&) {
  read_auth(context, call,
            [&context, call](const ReadView& view, const AuthTable& table, const Caller& caller) {
              if (const auto error = table.is_admin(caller)) return refuse(call, status_of(*error));
              etcdserverpb::AuthUserListResponse response;
              fill(context.server.origin(), view.revision(), *response.mutable_header());
              for (std::string& name : table.users()) response.add_users(std::move(name));
              reply(call, response);
            });
}

}  // namespace

void register_users(rpc::Server& server, const Context& context) {
  add_auth_method<etcdserverpb::AuthUserAddRequest>(server, context, "UserAdd", serve_auth);
  add_auth_method<etcdserverpb::AuthUserGetRequest>(server, context, "UserGet", serve_auth);
  add_auth_method<etcdserverpb::AuthUserListRequest>(server, context, "UserList", serve_auth);
  add_auth_method<etcdserverpb::AuthUserDeleteRequest>(server, context, "UserDelete", serve_auth);
  add_auth_method<etcdserverpb::AuthUserChangePasswordRequest>(server, context, "UserChangePassword",
                                                               serve_auth);
  add_auth_method<etcdserverpb::AuthUserGrantRoleRequest>(server, context, "UserGrantRole", serve_auth);
  add_auth_method<etcdserverpb::AuthUserRevokeRoleRequest>(server, context, "UserRevokeRole", serve_auth);
}

}  // namespace kv::api
