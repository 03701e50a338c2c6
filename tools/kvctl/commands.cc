#include <array>

#include "tools/kvctl/command.h"
#include "tools/kvctl/dispatch.h"

namespace tools::kvctl {
namespace {

Outcome<ExitCode> run_version(Context& context) {
  context.io.out << "kvctl version: " << KVCTL_VERSION << "\nAPI version: 3.6\n";
  return kExitOk;
}

Outcome<ExitCode> run_help(Context& context) {
  TRY_ASSIGN(const std::string page, help_page(context.options.arguments()));
  context.io.out << page;
  return kExitOk;
}

}  // namespace

Command version_command() {
  return {.spec = {.name = "version", .summary = "Print the version of kvctl and of the API it speaks."},
          .run = run_version,
          .offline = true};
}

Command help_command() {
  return {.spec = {.name = "help",
                   .arguments = "[COMMAND]",
                   .summary = "Print the commands and common options, or the page of a command.",
                   .arguments_max = 2},
          .run = run_help,
          .offline = true};
}

std::span<const Command> commands() {
  static const std::array kAll = {
      get_command(),
      put_command(),
      del_command(),
      cas_command(),
      txn_command(),
      import_command(),
      export_command(),
      incr_command(),
      edit_command(),
      ls_command(),
      tree_command(),
      du_command(),
      diff_command(),
      log_command(),
      watch_command(),
      lock_command(),
      elect_command(),
      compaction_command(),
      lease_grant_command(),
      lease_revoke_command(),
      lease_timetolive_command(),
      lease_list_command(),
      lease_keep_alive_command(),
      lease_run_command(),
      status_command(),
      endpoint_status_command(),
      endpoint_health_command(),
      endpoint_hashkv_command(),
      member_list_command(),
      member_add_command(),
      member_remove_command(),
      member_update_command(),
      member_promote_command(),
      member_replace_command(),
      move_leader_command(),
      wait_key_command(),
      wait_quorum_command(),
      wait_leader_command(),
      wait_member_command(),
      auth_enable_command(),
      auth_disable_command(),
      auth_status_command(),
      user_add_command(),
      user_delete_command(),
      user_get_command(),
      user_list_command(),
      user_passwd_command(),
      user_grant_role_command(),
      user_revoke_role_command(),
      role_add_command(),
      role_delete_command(),
      role_get_command(),
      role_list_command(),
      role_grant_permission_command(),
      role_revoke_permission_command(),
      alarm_list_command(),
      alarm_disarm_command(),
      defrag_command(),
      snapshot_save_command(),
      snapshot_status_command(),
      make_mirror_command(),
      bench_command(),
      version_command(),
      help_command(),
  };
  return kAll;
}

}  // namespace tools::kvctl
