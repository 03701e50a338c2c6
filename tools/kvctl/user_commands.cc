// user add, delete, get, list, passwd, grant-role and revoke-role.
#include <array>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/line_reader.h"
#include "tools/common/secret.h"
#include "tools/kvctl/auth_output.h"
#include "tools/kvctl/command.h"

namespace tools::kvctl {
namespace {

constexpr Method kUserAdd{"/etcdserverpb.Auth/UserAdd", Access::kWrite};
constexpr Method kUserDelete{"/etcdserverpb.Auth/UserDelete", Access::kWrite};
constexpr Method kUserGet{"/etcdserverpb.Auth/UserGet", Access::kRead};
constexpr Method kUserList{"/etcdserverpb.Auth/UserList", Access::kRead};
constexpr Method kUserChangePassword{"/etcdserverpb.Auth/UserChangePassword", Access::kWrite};
constexpr Method kUserGrantRole{"/etcdserverpb.Auth/UserGrantRole", Access::kWrite};
constexpr Method kUserRevokeRole{"/etcdserverpb.Auth/UserRevokeRole", Access::kWrite};
constexpr Method kRoleOfUser{"/etcdserverpb.Auth/RoleGet", Access::kRead};

constexpr OptionSpec kInteractive{
    .name = "interactive",
    .help = "ask on the terminal, twice; with =false the password is the first line of standard input",
    .fallback = "true"};
constexpr std::array kUserAddOptions = {
    kInteractive,
    OptionSpec{.name = "new-user-password",
               .kind = ValueKind::kText,
               .placeholder = "TEXT",
               .help = "the password; others may see it in the list of processes"},
    OptionSpec{.name = "no-password", .help = "no password: the user comes with a certificate in its name"},
};
constexpr std::array kPasswdOptions = {kInteractive};
constexpr std::array kUserGetOptions = {
    OptionSpec{.name = "detail", .help = "also what each of its roles may do"}};

Outcome<std::string> read_password_line(std::istream& in) {
  LineReader reader(in, kSecretBytesMax);
  std::string line;
  switch (reader.next(line)) {
    case LineReader::Next::kLine:
      return line;
    case LineReader::Next::kEnd:
      return refuse_usage("standard input has no password");
    case LineReader::Next::kTooLong:
      return refuse_usage("the password is longer than " + std::to_string(kSecretBytesMax) + " bytes");
    case LineReader::Next::kFailed:
      break;
  }
  return refuse(kExitIo, "standard input cannot be read");
}

Outcome<std::string> ask_twice(const AskSecret& ask, const std::string& user) {
  constexpr const char* kElsewhere =
      "there is no terminal to ask for the password: --interactive=false reads it from standard input";
  if (!ask) return refuse_usage(kElsewhere);
  auto first = ask("Password of " + user + ": ");
  if (!first && first.error().exit == kExitUsage) return refuse_usage(kElsewhere);
  if (!first) return first;
  TRY_ASSIGN(const std::string again, ask("Type password of " + user + " again for confirmation: "));
  if (*first != again) return refuse_usage("the passwords differ");
  return first;
}

Outcome<std::string> new_password(Context& context, const std::string& user) {
  TRY_ASSIGN(std::string password, context.options.on("interactive") ? ask_twice(context.io.ask_secret, user)
                                                                     : read_password_line(context.io.in));
  if (password.empty()) return refuse_usage("the password is empty");
  return password;
}

/// The name and password of a user to be. etcdctl's rules: NAME:PASSWORD, unless an option has the password.
Outcome<etcdserverpb::AuthUserAddRequest> user_to_add(Context& context) {
  etcdserverpb::AuthUserAddRequest request;
  const std::string& argument = context.options.arguments()[0];
  if (context.options.on("no-password")) {
    if (context.options.given("new-user-password")) {
      return refuse_usage("--no-password and --new-user-password exclude each other");
    }
    request.set_name(argument);
    request.mutable_options()->set_no_password(true);
    return request;
  }
  request.mutable_options();
  if (const std::string given = context.options.text("new-user-password"); !given.empty()) {
    request.set_name(argument);
    request.set_password(given);
    return request;
  }
  const auto colon = argument.find(':');
  request.set_name(argument.substr(0, colon));
  if (request.name().empty()) return refuse_usage("the name of the user is empty");
  if (colon != std::string::npos) {
    if (colon + 1 == argument.size()) return refuse_usage("the password is empty");
    request.set_password(argument.substr(colon + 1));
    return request;
  }
  TRY_ASSIGN(*request.mutable_password(), new_password(context, request.name()));
  return request;
}

Outcome<ExitCode> run_user_add(Context& context) {
  TRY(check_auth_format(context.settings));
  TRY_ASSIGN(const auto request, user_to_add(context));
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthUserAddResponse>(kUserAdd, request));
  show_answer(context, response, "User " + request.name() + " created\n");
  return kExitOk;
}

Outcome<ExitCode> run_user_delete(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthUserDeleteRequest request;
  request.set_name(context.options.arguments()[0]);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthUserDeleteResponse>(kUserDelete, request));
  show_answer(context, response, "User " + request.name() + " deleted\n");
  return kExitOk;
}

/// As etcdctl, whatever the format: the name, then each role behind an empty line.
Outcome<ExitCode> show_details(Context& context, const std::string& user,
                               const etcdserverpb::AuthUserGetResponse& response) {
  context.io.out << "User: " << user << '\n';
  for (const std::string& role : response.roles()) {
    etcdserverpb::AuthRoleGetRequest request;
    request.set_role(role);
    TRY_ASSIGN(const auto details,
               context.client.call<etcdserverpb::AuthRoleGetResponse>(kRoleOfUser, request));
    context.io.out << '\n';
    show_role(context, role, details);
  }
  return kExitOk;
}

Outcome<ExitCode> run_user_get(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthUserGetRequest request;
  request.set_name(context.options.arguments()[0]);
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthUserGetResponse>(kUserGet, request));
  if (context.options.on("detail")) return show_details(context, request.name(), response);
  std::string roles;
  for (const std::string& role : response.roles()) roles += " " + role;
  show_answer(context, response, "User: " + request.name() + "\nRoles:" + roles + "\n",
              field_of("Roles", response.roles()));
  return kExitOk;
}

Outcome<ExitCode> run_user_list(Context& context) {
  TRY(check_auth_format(context.settings));
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::AuthUserListResponse>(
                                      kUserList, etcdserverpb::AuthUserListRequest()));
  show_answer(context, response, lines_of(response.users()), field_of("Users", response.users()));
  return kExitOk;
}

Outcome<ExitCode> run_user_passwd(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthUserChangePasswordRequest request;
  request.set_name(context.options.arguments()[0]);
  TRY_ASSIGN(*request.mutable_password(), new_password(context, request.name()));
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthUserChangePasswordResponse>(kUserChangePassword, request));
  show_answer(context, response, "Password updated\n");
  return kExitOk;
}

Outcome<ExitCode> run_grant_role(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthUserGrantRoleRequest request;
  request.set_user(context.options.arguments()[0]);
  request.set_role(context.options.arguments()[1]);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthUserGrantRoleResponse>(kUserGrantRole, request));
  show_answer(context, response, "Role " + request.role() + " is granted to user " + request.user() + "\n");
  return kExitOk;
}

Outcome<ExitCode> run_revoke_role(Context& context) {
  TRY(check_auth_format(context.settings));
  etcdserverpb::AuthUserRevokeRoleRequest request;
  request.set_name(context.options.arguments()[0]);
  request.set_role(context.options.arguments()[1]);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::AuthUserRevokeRoleResponse>(kUserRevokeRole, request));
  show_answer(context, response, "Role " + request.role() + " is revoked from user " + request.name() + "\n");
  return kExitOk;
}

}  // namespace

Command user_add_command() {
  return {.spec = {.name = "user add",
                   .arguments = "NAME[:PASSWORD]",
                   .summary = "Make a user, who may do nothing before a role is granted.",
                   .options = kUserAddOptions,
                   .examples = "kvctl user add alice\n"
                               "kvctl user add alice --interactive=false < password\n"
                               "kvctl user add machine --no-password",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_user_add};
}

Command user_delete_command() {
  return {.spec = {.name = "user delete",
                   .arguments = "NAME",
                   .summary = "Delete a user; its tokens are no longer taken.",
                   .examples = "kvctl user delete alice",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_user_delete};
}

Command user_get_command() {
  return {.spec = {.name = "user get",
                   .arguments = "NAME",
                   .summary = "Print the roles of a user.",
                   .options = kUserGetOptions,
                   .examples = "kvctl user get alice --detail",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_user_get};
}

Command user_list_command() {
  return {.spec = {.name = "user list",
                   .summary = "Print the names of all users.",
                   .examples = "kvctl user list"},
          .run = run_user_list};
}

Command user_passwd_command() {
  return {.spec = {.name = "user passwd",
                   .arguments = "NAME",
                   .summary = "Give a user another password; its tokens are no longer taken.",
                   .options = kPasswdOptions,
                   .examples = "kvctl user passwd alice",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_user_passwd};
}

Command user_grant_role_command() {
  return {.spec = {.name = "user grant-role",
                   .arguments = "NAME ROLE",
                   .summary = "Let a user do what a role may.",
                   .examples = "kvctl user grant-role alice deploy",
                   .arguments_min = 2,
                   .arguments_max = 2},
          .run = run_grant_role};
}

Command user_revoke_role_command() {
  return {.spec = {.name = "user revoke-role",
                   .arguments = "NAME ROLE",
                   .summary = "Take a role back from a user.",
                   .examples = "kvctl user revoke-role alice deploy",
                   .arguments_min = 2,
                   .arguments_max = 2},
          .run = run_revoke_role};
}

}  // namespace tools::kvctl
