// role add, delete, get, list, grant-permission and revoke-permission.
#include <array>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/auth_output.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

constexpr Method kRoleAdd{"/etcdserverpb.Auth/RoleAdd", Access::kWrite};
constexpr Method kRoleDelete{"/etcdserverpb.Auth/RoleDelete", Access::kWrite};
constexpr Method kRoleGet{"/etcdserverpb.Auth/RoleGet", Access::kRead};
constexpr Method kRoleList{"/etcdserverpb.Auth/RoleList", Access::kRead};
constexpr Method kGrantPermission{"/etcdserverpb.Auth/RoleGrantPermission", Access::kWrite};
constexpr Method kRevokePermission{"/etcdserverpb.Auth/RoleRevokePermission", Access::kWrite};

constexpr std::array kPermissionOptions = {
    OptionSpec{.name = "prefix", .help = "all keys that begin with KEY"},
    OptionSpec{.name = "from-key", .help = "all keys from KEY on"},
};

/// etcdctl's rule: everything from the first key on, where KEY is empty.
Outcome<KeyRange> permission_range(const Parsed& options, std::size_t first) {
  const std::vector<std::string>& arguments = options.arguments();
  KeyRange range{.key = arguments[first], .range_end = {}};
  const bool prefix = options.on("prefix");
  const bool from_key = options.on("from-key");
  const bool has_end = arguments.size() > first + 1;
  if (prefix && from_key) return refuse_usage("--prefix and --from-key exclude each other");
  if (has_end && (prefix || from_key))
    return refuse_usage("RANGE_END does not go with --prefix or --from-key");
  if (has_end) {
    range.range_end = arguments[first + 1];
  } else if (from_key || (prefix && range.key.empty())) {
    range.range_end = std::string(1, '\0');
  } else if (prefix) {
    range.range_end = prefix_end(range.key);
  }
  if (range.key.empty()) range.key = std::string(1, '\0');
  return range;
}

Outcome<authpb::Permission::Type> permission_type(const std::string& word) {
  std::string upper = word;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  authpb::Permission::Type type{};
  if (authpb::Permission::Type_Parse(upper, &type)) return type;
  return refuse_usage("invalid permission type: " + word + "; it must be read, write or readwrite");
}

Outcome<ExitCode> run_role_add(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthRoleAddRequest request;
  request.set_name(context.options.arguments()[0]);
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthRoleAddResponse>(kRoleAdd, request));
  show_answer(context, response, "Role " + request.name() + " created\n");
  return kExitOk;
}

Outcome<ExitCode> run_role_delete(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthRoleDeleteRequest request;
  request.set_role(context.options.arguments()[0]);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthRoleDeleteResponse>(kRoleDelete, request));
  show_answer(context, response, "Role " + request.role() + " deleted\n");
  return kExitOk;
}

Outcome<ExitCode> run_role_get(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthRoleGetRequest request;
  request.set_role(context.options.arguments()[0]);
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthRoleGetResponse>(kRoleGet, request));
  show_role(context, request.role(), response);
  return kExitOk;
}

Outcome<ExitCode> run_role_list(Context& context) {
  TRY(check_auth_format(context.settings));
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthRoleListResponse>(
                                      kRoleList, etcdserverpb::AuthRoleListRequest()));
  show_answer(context, response, lines_of(response.roles()), field_of("Roles", response.roles()));
  return kExitOk;
}

Outcome<ExitCode> run_grant_permission(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthRoleGrantPermissionRequest request;
  request.set_name(context.options.arguments()[0]);
  TRY_ASSIGN(const auto type, permission_type(context.options.arguments()[1]));
  TRY_ASSIGN(KeyRange range, permission_range(context.options, 2));
  request.mutable_perm()->set_permtype(type);
  request.mutable_perm()->set_key(std::move(range.key));
  request.mutable_perm()->set_range_end(std::move(range.range_end));
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthRoleGrantPermissionResponse>(kGrantPermission, request));
  show_answer(context, response, "Role " + request.name() + " updated\n");
  return kExitOk;
}

/// `key`: as it was given, empty for the first of all.
std::string revoked_text(const std::string& key, const KeyRange& range) {
  if (range.range_end.empty()) return "key " + key;
  const bool open = range.range_end == std::string(1, '\0');
  return "range [" + key + ", " + (open ? "<open ended>" : range.range_end + ")");
}

Outcome<ExitCode> run_revoke_permission(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthRoleRevokePermissionRequest request;
  request.set_role(context.options.arguments()[0]);
  TRY_ASSIGN(const KeyRange range, permission_range(context.options, 1));
  request.set_key(range.key);
  request.set_range_end(range.range_end);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthRoleRevokePermissionResponse>(kRevokePermission, request));
  show_answer(context, response,
              "Permission of " + revoked_text(context.options.arguments()[1], range) +
                  " is revoked from role " + request.role() + "\n");
  return kExitOk;
}

}  // namespace

Command role_add_command() {
  return {.spec = {.name = "role add",
                   .arguments = "ROLE",
                   .summary = "Make a role, which may do nothing yet.",
                   .examples = "kvctl role add deploy",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_role_add};
}

Command role_delete_command() {
  return {.spec = {.name = "role delete",
                   .arguments = "ROLE",
                   .summary = "Delete a role, and take it back from all users.",
                   .examples = "kvctl role delete deploy",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_role_delete};
}

Command role_get_command() {
  return {.spec = {.name = "role get",
                   .arguments = "ROLE",
                   .summary = "Print what a role may read and write.",
                   .examples = "kvctl role get deploy",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_role_get};
}

Command role_list_command() {
  return {.spec = {.name = "role list",
                   .summary = "Print the names of all roles.",
                   .examples = "kvctl role list"},
          .run = run_role_list};
}

Command role_grant_permission_command() {
  return {
      .spec = {.name = "role grant-permission",
               .arguments = "ROLE read|write|readwrite KEY [RANGE_END]",
               .summary = "Let a role read or write a key, or the keys from KEY to RANGE_END.",
               .details = "Granted again for the same keys, it takes the place of what was granted before.",
               .options = kPermissionOptions,
               .examples = "kvctl role grant-permission deploy readwrite app/ --prefix",
               .arguments_min = 3,
               .arguments_max = 4},
      .run = run_grant_permission};
}

Command role_revoke_permission_command() {
  return {.spec = {.name = "role revoke-permission",
                   .arguments = "ROLE KEY [RANGE_END]",
                   .summary = "Take back what was granted for exactly these keys.",
                   .options = kPermissionOptions,
                   .examples = "kvctl role revoke-permission deploy app/ --prefix",
                   .arguments_min = 2,
                   .arguments_max = 3},
          .run = run_revoke_permission};
}

}  // namespace tools::kvctl
