// Roles, of etcdserverpb.Auth (contract section 9).
#include <algorithm>
#include <utility>

#include "libkv/api/auth_service.h"

namespace kv::api {
namespace {

using rpc::CallPtr;

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthRoleAddRequest& request) {
  change_auth<etcdserverpb::AuthRoleAddResponse>(context, call,
                                                 RoleAddOp{std::move(*request.mutable_name())});
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthRoleDeleteRequest& request) {
  change_auth<etcdserverpb::AuthRoleDeleteResponse>(context, call,
                                                    RoleDeleteOp{std::move(*request.mutable_role())});
}

/// What no log holds: no permission at all, or one of a type that nobody knows.
void refuse_permission(const Context& context, const CallPtr& call, KvError why) {
  read_auth(context, call, [call, why](const ReadView&, const AuthTable& table, const Caller& caller) {
    refuse(call, status_of(table.is_admin(caller).value_or(why)));
  });
}

void serve_auth(const Context& context, const CallPtr& call,
                etcdserverpb::AuthRoleGrantPermissionRequest& request) {
  if (!request.has_perm()) return refuse_permission(context, call, KvError::kPermissionNotGiven);
  authpb::Permission& given = *request.mutable_perm();
  if (!authpb::Permission::Type_IsValid(given.permtype())) {
    return refuse_permission(context, call, KvError::kInvalidAuthManagement);
  }
  Permission permission{.type = static_cast<PermissionType>(given.permtype()),
                        .key = std::move(*given.mutable_key()),
                        .range_end = std::move(*given.mutable_range_end())};
  change_auth<etcdserverpb::AuthRoleGrantPermissionResponse>(
      context, call,
      RoleGrantPermissionOp{.role = std::move(*request.mutable_name()), .permission = std::move(permission)});
}

void serve_auth(const Context& context, const CallPtr& call,
                etcdserverpb::AuthRoleRevokePermissionRequest& request) {
  change_auth<etcdserverpb::AuthRoleRevokePermissionResponse>(
      context, call,
      RoleRevokePermissionOp{.role = std::move(*request.mutable_role()),
                             .key = std::move(*request.mutable_key()),
                             .range_end = std::move(*request.mutable_range_end())});
}

bool has_role(const AuthTable& table, const Caller& caller, const std::string& role) {
  const User* const user = caller ? table.find_user(caller->user) : nullptr;
  return user != nullptr && std::ranges::count(user->roles, role) > 0;
}

/// Everyone may look at one's roles.
void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthRoleGetRequest& request) {
  read_auth(context, call,
            [&context, call, name = request.role()](const ReadView& view, const AuthTable& table,
                                                    const Caller& caller) {
              const auto error = table.is_admin(caller);
              if (error && !has_role(table, caller, name)) return refuse(call, status_of(*error));
              const Role* const role = table.find_role(name);
              if (role == nullptr) return refuse(call, status_of(KvError::kRoleNotFound));
              etcdserverpb::AuthRoleGetResponse response;
              fill(context.server.origin(), view.revision(), *response.mutable_header());
              for (const Permission& permission : role->permissions) {
                authpb::Permission& added = *response.add_perm();
                added.set_permtype(static_cast<authpb::Permission::Type>(permission.type));
                added.set_key(permission.key);
                added.set_range_end(permission.range_end);
              }
              reply(call, response);
            });
}

void serve_auth(const Context& context, const CallPtr& call, etcdserverpb::AuthRoleListRequest&) {
  read_auth(context, call,
            [&context, call](const ReadView& view, const AuthTable& table, const Caller& caller) {
              if (const auto error = table.is_admin(caller)) return refuse(call, status_of(*error));
              etcdserverpb::AuthRoleListResponse response;
              fill(context.server.origin(), view.revision(), *response.mutable_header());
              for (std::string& name : table.roles()) response.add_roles(std::move(name));
              reply(call, response);
            });
}

}  // namespace

void register_roles(rpc::Server& server, const Context& context) {
  add_auth_method<etcdserverpb::AuthRoleAddRequest>(server, context, "RoleAdd", serve_auth);
  add_auth_method<etcdserverpb::AuthRoleGetRequest>(server, context, "RoleGet", serve_auth);
  add_auth_method<etcdserverpb::AuthRoleListRequest>(server, context, "RoleList", serve_auth);
  add_auth_method<etcdserverpb::AuthRoleDeleteRequest>(server, context, "RoleDelete", serve_auth);
  add_auth_method<etcdserverpb::AuthRoleGrantPermissionRequest>(server, context, "RoleGrantPermission",
                                                                serve_auth);
  add_auth_method<etcdserverpb::AuthRoleRevokePermissionRequest>(server, context, "RoleRevokePermission",
                                                                 serve_auth);
}

}  // namespace kv::api
