// elect: one of many who want an office has it, and all can see who.
#include "tools/kvctl/held.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {
namespace {

constexpr std::array kElectOptions = {
    OptionSpec{
        .name = "listen", .letter = 'l', .help = "print who is elected, and each change; do not stand"},
    OptionSpec{.name = "ttl",
               .kind = ValueKind::kText,
               .placeholder = "TIME",
               .help = "how soon another may be elected when we are gone, in seconds or as 1m30s",
               .fallback = "60"},
};

/// Prints a leader as an answer to get.
Outcome<void> print_leader(Context& context, const etcdserverpb::ResponseHeader& header,
                           const mvccpb::KeyValue& kv) {
  etcdserverpb::RangeResponse response;
  *response.mutable_header() = header;
  *response.add_kvs() = kv;
  TRY(print(context.io.out, style_of(context.settings), response));
  if (!context.io.out.flush()) return refuse(kExitIo, "standard output cannot be written");
  return {};
}

/// Prints what one leader proclaims, until its key is deleted. The revision at which it was.
Outcome<std::int64_t> follow_leader(Context& context, Bell& bell, const std::string& key,
                                    std::int64_t revision) {
  Watcher watcher(context.client, context.dialer, bell, context.notices(),
                  {.range = {.key = key, .range_end = {}}, .revision = revision});
  for (;;) {
    TRY_ASSIGN(const auto response, watcher.next());
    for (const auto& event : response->events()) {
      if (event.type() == mvccpb::Event::DELETE) return event.kv().mod_revision();
      TRY(print_leader(context, response->header(), event.kv()));
    }
  }
}

/// Until somebody stands for the office.
Outcome<void> await_candidate(Context& context, Bell& bell, const std::string& name, std::int64_t revision) {
  WatchOptions options{.range = {.key = name + "/", .range_end = prefix_end(name + "/")},
                       .revision = revision};
  options.filters = {etcdserverpb::WatchCreateRequest::NODELETE};
  Watcher watcher(context.client, context.dialer, bell, context.notices(), std::move(options));
  TRY_ASSIGN(const auto candidate, watcher.next());
  return {};
}

Outcome<void> listen_once(Context& context, Bell& bell, const std::string& name) {
  TRY_ASSIGN(const auto first, first_in_line(context.client, name));
  const std::int64_t next = first.header().revision() + 1;
  if (first.kvs_size() == 0) return await_candidate(context, bell, name, next);
  TRY(print_leader(context, first.header(), first.kvs(0)));
  TRY_ASSIGN(const std::int64_t until, follow_leader(context, bell, first.kvs(0).key(), next));
  static_cast<void>(until);
  return {};
}

Outcome<ExitCode> listen(Context& context, const std::string& name) {
  Bell bell;
  for (;;) {
    auto round = listen_once(context, bell, name);
    // Compacted meanwhile: what is now, is read again.
    if (!round && round.error().exit != kExitLimit) return refuse(round.error());
  }
}

Outcome<ExitCode> hold_office(Context& context, Bell& bell, SignalCatcher& signals, Session& session) {
  const auto& arguments = context.options.arguments();
  TRY_ASSIGN(Place place, join_line(context.client, arguments[0], session.lease(), arguments[1]));
  const auto stop = [&] { return session.lost() || signals.pending(); };
  TRY_ASSIGN(const bool ours,
             await_turn(context.client, context.dialer, bell, place, SteadyTime::max(), stop));
  if (!ours) {
    const std::lock_guard lock(bell.mutex);
    if (session.lost()) return refuse(kExitLost, "not elected: " + session.why_lost());
    return exit_of_signal(*signals.take());
  }
  TRY_ASSIGN(const auto found, read_place(context.client, place));
  if (found.kvs_size() == 0) return refuse(kExitLost, "office lost: its key was deleted");
  TRY(print(context.io.out, style_of(context.settings), found));
  context.io.out.flush();
  const KeyGuard guard(context.client, context.dialer, bell, place);
  return run_while_held(context, bell, signals, {.what = "office", .session = session, .guard = &guard},
                        context.command,
                        {{"KV_ELECTION_KEY", place.key},
                         {"KV_ELECTION_REV", std::to_string(place.revision)},
                         {"KV_LEASE", lease_text(session.lease())}});
}

Outcome<ExitCode> run_elect(Context& context) {
  const auto& arguments = context.options.arguments();
  if (context.options.on("listen")) {
    if (arguments.size() > 1 || !context.command.empty()) {
      return refuse_usage("--listen takes NAME and nothing else");
    }
    return listen(context, arguments[0]);
  }
  if (arguments.size() < 2) return refuse_usage("there is no VALUE to be elected with, and no --listen");
  TRY_ASSIGN(const auto ttl, read_ttl(context.options.text("ttl")));
  Bell bell;
  SignalCatcher signals(bell);
  TRY_ASSIGN(const auto session, Session::open(context.client, context.dialer, bell, ttl));
  auto outcome = hold_office(context, bell, signals, *session);
  let_go(context, *session);
  return outcome;
}

}  // namespace

Command elect_command() {
  return {
      .spec = {.name = "elect",
               .arguments = "NAME [VALUE [-- CMD [ARG ...]]]",
               .summary = "Stand for election with VALUE; hold the office while CMD runs or until a signal.",
               .details =
                   "Stands in line with etcdctl elect. Prints key and value once elected. CMD finds\n"
                   "KV_ELECTION_KEY, KV_ELECTION_REV, which grows from one elected to the next, and\n"
                   "KV_LEASE. When the office is lost, CMD gets SIGTERM, then SIGKILL, and kvctl exits\n"
                   "122; otherwise with CMD's exit code.",
               .options = kElectOptions,
               .examples = "kvctl elect primary \"$(hostname)\" -- ./serve\n"
                           "kvctl elect primary --listen -w jsonl | jq -r .value",
               .arguments_min = 1,
               .arguments_max = 2,
               .runs_command = true},
      .run = run_elect};
}

}  // namespace tools::kvctl
