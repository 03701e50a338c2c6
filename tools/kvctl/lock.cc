// lock: a name that only one holds at a time, and a command that runs only while we do.
#include "tools/kvctl/held.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

constexpr std::array kLockOptions = {
    OptionSpec{.name = "ttl",
               .kind = ValueKind::kText,
               .placeholder = "TIME",
               .help = "how soon others may have the lock when we are gone, in seconds or as 1m30s",
               .fallback = "10"},
    OptionSpec{.name = "no-wait", .help = "exit 1 when somebody else holds the lock"},
    OptionSpec{.name = "wait",
               .kind = ValueKind::kDuration,
               .placeholder = "TIME",
               .help = "exit 124 when the lock is not ours by then; default: wait for ever"},
};

std::vector<std::string> command_words(const Context& context) {
  const auto& arguments = context.options.arguments();
  std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  words.insert(words.end(), context.command.begin(), context.command.end());
  return words;
}

SteadyTime lock_deadline(const Parsed& options) {
  const auto now = std::chrono::steady_clock::now();
  if (options.on("no-wait")) return now;
  return options.given("wait") ? now + options.duration("wait") : SteadyTime::max();
}

/// Why the lock did not become ours.
Outcome<ExitCode> not_ours(const Context& context, Bell& bell, SignalCatcher& signals,
                           const Session& session) {
  const std::lock_guard lock(bell.mutex);
  if (session.lost()) return refuse(kExitLost, "lock not taken: " + session.why_lost());
  if (const auto number = signals.take()) return exit_of_signal(*number);
  if (context.options.on("no-wait")) return refuse(kExitNo, "somebody else holds the lock");
  return refuse(kExitTimeout, "somebody else still holds the lock");
}

Outcome<ExitCode> hold_lock(Context& context, Bell& bell, SignalCatcher& signals, Session& session) {
  TRY_ASSIGN(Place place, join_line(context.client, context.options.arguments()[0], session.lease(), ""));
  const auto stop = [&] { return session.lost() || signals.pending(); };
  TRY_ASSIGN(const bool ours,
             await_turn(context.client, context.dialer, bell, place, lock_deadline(context.options), stop));
  if (!ours) return not_ours(context, bell, signals, session);
  TRY_ASSIGN(const auto found, read_place(context.client, place));
  if (found.kvs_size() == 0) return refuse(kExitLost, "lock lost: its key was deleted");
  std::vector<std::string> words = command_words(context);
  if (words.empty()) {
    TRY(print(context.io.out, style_of(context.settings), found));
    context.io.out.flush();
  }
  const KeyGuard guard(context.client, context.dialer, bell, place);
  return run_while_held(context, bell, signals, {.what = "lock", .session = session, .guard = &guard},
                        std::move(words),
                        {{"ETCD_LOCK_KEY", place.key},
                         {"ETCD_LOCK_REV", std::to_string(place.since)},
                         {"KV_LOCK_KEY", place.key},
                         {"KV_LOCK_REV", std::to_string(place.revision)},
                         {"KV_LEASE", lease_text(session.lease())}});
}

Outcome<ExitCode> run_lock(Context& context) {
  if (context.options.on("no-wait") && context.options.given("wait")) {
    return refuse_usage("--no-wait and --wait exclude each other");
  }
  TRY_ASSIGN(const auto ttl, read_ttl(context.options.text("ttl")));
  Bell bell;
  SignalCatcher signals(bell);
  TRY_ASSIGN(const auto session, Session::open(context.client, context.dialer, bell, ttl));
  auto outcome = hold_lock(context, bell, signals, *session);
  let_go(context, *session);
  return outcome;
}

}  // namespace

Command lock_command() {
  return {
      .spec = {.name = "lock",
               .arguments = "NAME [-- CMD [ARG ...]]",
               .summary = "Hold a lock, for as long as CMD runs or until a signal.",
               .details = "Waits in line with etcdctl lock and all who use etcd's recipe. CMD finds in\n"
                          "KV_LOCK_REV a number that grows from holder to holder: let what CMD writes to\n"
                          "refuse smaller ones. When the lock is lost, CMD gets SIGTERM, then SIGKILL, and\n"
                          "kvctl exits 122; otherwise with CMD's exit code. Also in the environment:\n"
                          "KV_LOCK_KEY, KV_LEASE, and etcdctl's ETCD_LOCK_KEY and ETCD_LOCK_REV.",
               .options = kLockOptions,
               .examples = "kvctl lock deploy --ttl 15s --wait 60s -- ./deploy.sh\n"
                           "kvctl lock deploy",
               .arguments_min = 1,
               .arguments_max = 1000,
               .runs_command = true},
      .run = run_lock};
}

}  // namespace tools::kvctl
