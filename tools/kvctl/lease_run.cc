// lease run: a lease that lives as long as a command.
#include "tools/kvctl/held.h"

namespace tools::kvctl {
namespace {

constexpr std::array kLeaseRunOptions = {
    OptionSpec{.name = "ttl",
               .kind = ValueKind::kText,
               .placeholder = "TIME",
               .help = "how soon the lease ends when we are gone, in seconds or as 1m30s",
               .fallback = "10"},
};

Outcome<ExitCode> run_lease_run(Context& context) {
  std::vector<std::string> words = context.options.arguments();
  words.insert(words.end(), context.command.begin(), context.command.end());
  if (words.empty()) return refuse_usage("there is no CMD: kvctl lease run -- CMD");
  TRY_ASSIGN(const auto ttl, read_ttl(context.options.text("ttl")));
  Bell bell;
  SignalCatcher signals(bell);
  TRY_ASSIGN(const auto session, Session::open(context.client, context.dialer, bell, ttl));
  auto outcome = run_while_held(context, bell, signals, {.what = "lease", .session = *session},
                                std::move(words), {{"KV_LEASE", lease_text(session->lease())}});
  let_go(context, *session);
  return outcome;
}

}  // namespace

Command lease_run_command() {
  return {
      .spec =
          {.name = "lease run",
           .arguments = "-- CMD [ARG ...]",
           .summary = "Run CMD with a lease that is kept alive meanwhile and revoked behind it.",
           .details = "CMD finds the lease in KV_LEASE. When the lease is lost, CMD gets SIGTERM, then\n"
                      "SIGKILL, and kvctl exits 122; otherwise with CMD's exit code.",
           .options = kLeaseRunOptions,
           .examples =
               "kvctl lease run -- sh -c 'kvctl put here \"$HOSTNAME\" --lease \"$KV_LEASE\"; exec ./serve'",
           .arguments_min = 0,
           .arguments_max = 1000,
           .runs_command = true},
      .run = run_lease_run};
}

}  // namespace tools::kvctl
