// What a command is given, and the table of all commands.
#pragma once

#include <memory>
#include <span>

#include "tools/common/options.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"
#include "tools/kvctl/io.h"
#include "tools/kvctl/settings.h"

namespace tools::kvctl {

/// Everything a command may use. The parts outlive the command.
struct Context {
  const Settings& settings;
  const Parsed& options;
  const std::vector<std::string>& command;  ///< the words behind --, where CommandSpec::runs_command
  Client& client;
  Dialer& dialer;
  Io& io;

  /// Where progress is drawn: null when stderr is no terminal, or with --quiet.
  [[nodiscard]] std::ostream* progress() const {
    return io.err_is_terminal && !settings.quiet ? &io.err : nullptr;
  }
  /// Where notices go; null with --quiet.
  [[nodiscard]] std::ostream* notices() const { return settings.quiet ? nullptr : &io.err; }
};

struct Command {
  CommandSpec spec;
  /// The exit code, or a failure that is printed as "Error: …".
  Outcome<ExitCode> (*run)(Context& context) = nullptr;
  bool offline = false;  ///< asks no server, so nobody need say who they are
};

/// All of them, in the order of the help.
std::span<const Command> commands();

// Each in the file of its name.
Command get_command();
Command put_command();
Command del_command();
Command cas_command();
Command txn_command();
Command import_command();
Command export_command();
Command incr_command();
Command edit_command();
Command ls_command();
Command tree_command();
Command du_command();
Command diff_command();
Command log_command();
Command watch_command();
Command lock_command();
Command elect_command();
Command compaction_command();
Command status_command();
Command endpoint_status_command();
Command endpoint_health_command();
Command endpoint_hashkv_command();
Command member_list_command();
Command member_add_command();
Command member_remove_command();
Command member_update_command();
Command member_promote_command();
Command member_replace_command();
Command lease_grant_command();
Command lease_revoke_command();
Command lease_timetolive_command();
Command lease_list_command();
Command lease_keep_alive_command();
Command lease_run_command();
Command move_leader_command();
Command wait_key_command();
Command wait_quorum_command();
Command wait_leader_command();
Command wait_member_command();
Command auth_enable_command();
Command auth_disable_command();
Command auth_status_command();
Command user_add_command();
Command user_delete_command();
Command user_get_command();
Command user_list_command();
Command user_passwd_command();
Command user_grant_role_command();
Command user_revoke_role_command();
Command role_add_command();
Command role_delete_command();
Command role_get_command();
Command role_list_command();
Command role_grant_permission_command();
Command role_revoke_permission_command();
Command alarm_list_command();
Command alarm_disarm_command();
Command defrag_command();
Command snapshot_save_command();
Command snapshot_status_command();
Command make_mirror_command();
Command bench_command();
Command version_command();
Command help_command();

}  // namespace tools::kvctl
