// auth enable, disable and status.
#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/auth_output.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

// Made twice they do no harm.
constexpr Method kAuthEnable{"/etcdserverpb.Auth/AuthEnable", Access::kRead};
constexpr Method kAuthDisable{"/etcdserverpb.Auth/AuthDisable", Access::kRead};
constexpr Method kAuthStatus{"/etcdserverpb.Auth/AuthStatus", Access::kRead};
constexpr Method kAddRootRole{"/etcdserverpb.Auth/RoleAdd", Access::kRead};
constexpr Method kGrantRootRole{"/etcdserverpb.Auth/UserGrantRole", Access::kRead};

constexpr const char* kRoot = "root";

/// What etcdctl does when the user root lacks the role root.
Outcome<void> give_root_its_role(Client& client) {
  etcdserverpb::AuthRoleAddRequest role;
  role.set_name(kRoot);
  const auto added = client.call<etcdserverpb::AuthRoleAddResponse>(kAddRootRole, role);
  if (!added && added.error().text != "etcdserver: role name already exists") return refuse(added.error());
  etcdserverpb::AuthUserGrantRoleRequest grant;
  grant.set_user(kRoot);
  grant.set_role(kRoot);
  TRY(client.call<etcdserverpb::AuthUserGrantRoleResponse>(kGrantRootRole, grant));
  return {};
}

Outcome<ExitCode> run_enable(Context& context) {
  const etcdserverpb::AuthEnableRequest request;
  auto enabled = context.client.call<etcdserverpb::AuthEnableResponse>(kAuthEnable, request);
  if (!enabled && enabled.error().text == "etcdserver: root user does not have root role") {
    TRY(give_root_its_role(context.client));
    enabled = context.client.call<etcdserverpb::AuthEnableResponse>(kAuthEnable, request);
  }
  if (!enabled) return refuse(enabled.error());
  context.io.out << "Authentication Enabled\n";
  return kExitOk;
}

Outcome<ExitCode> run_disable(Context& context) {
  TRY(context.client.call<etcdserverpb::AuthDisableResponse>(kAuthDisable,
                                                             etcdserverpb::AuthDisableRequest()));
  context.io.out << "Authentication Disabled\n";
  return kExitOk;
}

Outcome<ExitCode> run_auth_status(Context& context) {
  TRY(check_auth_format(context.settings));
  TRY_ASSIGN(const auto status, context.client.call<etcdserverpb::AuthStatusResponse>(
                                    kAuthStatus, etcdserverpb::AuthStatusRequest()));
  const std::string enabled = status.enabled() ? "true" : "false";
  const std::string revision = std::to_string(status.authrevision());
  show_answer(context, status, "Authentication Status: " + enabled + "\nAuthRevision: " + revision + "\n",
              "\"Enabled\" : " + enabled + "\n\"AuthRevision\" : " + revision + "\n");
  return kExitOk;
}

}  // namespace

Command auth_enable_command() {
  return {
      .spec = {.name = "auth enable",
               .summary = "From now on only users are served, each as its roles allow.",
               .details = "There must be a user root; the role root, which may do everything, is made and\n"
                          "granted to it when it lacks that.",
               .examples = "kvctl user add root && kvctl auth enable"},
      .run = run_enable};
}

Command auth_disable_command() {
  return {.spec = {.name = "auth disable",
                   .summary = "From now on everybody may do everything.",
                   .examples = "kvctl auth disable --user root"},
          .run = run_disable};
}

Command auth_status_command() {
  return {
      .spec = {.name = "auth status",
               .summary = "Print whether authentication is enabled, and how often users and roles changed.",
               .examples = "kvctl auth status --user root"},
      .run = run_auth_status};
}

}  // namespace tools::kvctl
