// make-mirror: another cluster follows this one, key by key.
#include <algorithm>
#include <memory>

#include "tools/common/progress.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/held.h"
#include "tools/kvctl/mirror_writer.h"
#include "tools/kvctl/pages.h"
#include "tools/kvctl/signals.h"
#include "tools/kvctl/watcher.h"

namespace tools::kvctl {
namespace {

using Clock = std::chrono::steady_clock;
using etcdserverpb::RangeResponse;

constexpr std::array kMirrorOptions = {
    OptionSpec{.name = "prefix",
               .kind = ValueKind::kText,
               .placeholder = "PREFIX",
               .help = "only keys that begin with PREFIX"},
    OptionSpec{.name = "dest-prefix",
               .kind = ValueKind::kText,
               .placeholder = "PREFIX",
               .help = "what stands in its place in the other cluster; default: the same"},
    OptionSpec{.name = "no-dest-prefix", .help = "nothing stands in its place"},
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "no first copy: go on with the changes from revision N on"},
    OptionSpec{.name = "max-txn-ops",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "changes in one transaction, at most",
               .fallback = "128"},
    OptionSpec{.name = "dest-cacert",
               .kind = ValueKind::kText,
               .placeholder = "FILE",
               .help = "the authorities that DEST's certificates are checked against"},
    OptionSpec{.name = "dest-cert",
               .kind = ValueKind::kText,
               .placeholder = "FILE",
               .help = "our certificate for DEST"},
    OptionSpec{
        .name = "dest-key", .kind = ValueKind::kText, .placeholder = "FILE", .help = "its private key"},
    OptionSpec{.name = "dest-insecure-transport",
               .help = "accepted for etcdctl: the scheme and the files say enough here"},
    OptionSpec{.name = "dest-user",
               .kind = ValueKind::kText,
               .placeholder = "NAME[:PASSWORD]",
               .help = "who we are at DEST"},
    OptionSpec{
        .name = "dest-password", .kind = ValueKind::kText, .placeholder = "TEXT", .help = "of --dest-user"},
};

constexpr std::chrono::seconds kRetryPause{1};
constexpr std::chrono::seconds kReportEvery{30};

Outcome<Settings> destination_settings(const Context& context) {
  const Parsed& options = context.options;
  Settings settings = context.settings;
  TRY_ASSIGN(settings.endpoints, parse_endpoints(options.arguments()[0]));
  settings.tls = {.cacert = options.text("dest-cacert"),
                  .cert = options.text("dest-cert"),
                  .key = options.text("dest-key"),
                  .skip_verify = settings.tls.skip_verify};
  if (settings.tls.cert.empty() != settings.tls.key.empty()) {
    return refuse_usage("--dest-cert and --dest-key go together");
  }
  TRY_ASSIGN(Login login, read_login(options, "dest-user", "dest-password", context.io.ask_secret));
  settings.user = std::move(login.user);
  settings.password = std::move(login.password);
  return settings;
}

Outcome<MirrorNames> mirror_names(const Parsed& options) {
  MirrorNames names{.prefix = options.text("prefix"), .destination = options.text("prefix")};
  if (options.on("no-dest-prefix") && options.given("dest-prefix")) {
    return refuse_usage("--dest-prefix and --no-dest-prefix exclude each other");
  }
  if (options.on("no-dest-prefix")) names.destination.clear();
  if (options.given("dest-prefix")) names.destination = options.text("dest-prefix");
  return names;
}

/// The header of a linearizable read of one key below `prefix`, which a user who may mirror may read.
Outcome<etcdserverpb::ResponseHeader> look_at(Client& client, const std::string& prefix) {
  etcdserverpb::RangeRequest request;
  request.set_key(prefix.empty() ? std::string(1, '\0') : prefix);
  TRY_ASSIGN(const auto response, client.call<RangeResponse>(kRange, request));
  return response.header();
}

/// One run of make-mirror.
class Mirror {
 public:
  Mirror(Context& context, Bell& bell, SignalCatcher& signals, Client& destination, MirrorNames names,
         std::int64_t destination_revision)
      : context_(context),
        bell_(bell),
        signals_(signals),
        prefix_(names.prefix),
        writer_(destination, {.names = std::move(names),
                              .operations_max = std::max<std::size_t>(
                                  1, static_cast<std::size_t>(context.options.number("max-txn-ops"))),
                              .revision = destination_revision,
                              .again = [this](const Failure& failure) { return wait_a_while(failure); }}),
        next_(context.options.number("rev")) {}

  /// Ends with a signal or a failure; says from where to go on.
  Outcome<ExitCode> run() {
    auto outcome = mirror();
    if (next_ > 0)
      tell("mirrored below revision " + std::to_string(next_) + "; go on with --rev " +
           std::to_string(next_));
    if (outcome) return *outcome;
    const std::lock_guard lock(bell_.mutex);
    if (const auto number = signals_.take()) return exit_of_signal(*number);
    return refuse(outcome.error());
  }

 private:
  Outcome<ExitCode> mirror() {
    if (next_ == 0) {
      TRY_ASSIGN(const std::int64_t revision, copy());
      next_ = revision + 1;
      tell(std::to_string(writer_.written()) + " keys copied as of revision " + std::to_string(revision));
    }
    Watcher watcher(context_.client, context_.dialer, bell_, context_.notices(),
                    {.range = range_below(prefix_), .revision = next_, .progress = true});
    for (;;) {
      TRY_ASSIGN(const auto response, watcher.next(SteadyTime::max(), [this] { return signals_.pending(); }));
      if (!response) {
        const std::lock_guard lock(bell_.mutex);
        return exit_of_signal(*signals_.take());
      }
      TRY(follow(*response));
      next_ = watcher.next_revision();
      report();
    }
  }

  Outcome<std::int64_t> copy() {
    Progress progress(context_.progress(), "copying", "keys");
    Pages pages(context_.client, {.range = range_below(prefix_)});
    while (pages.more()) {
      TRY_ASSIGN(const auto page, pages.next());
      for (const auto& kv : page.kvs()) TRY(writer_.put(kv));
      progress.update(writer_.written(), pages.total());
      if (interrupted()) return refuse(kExitTemporary, "interrupted");
    }
    TRY(writer_.flush());
    return pages.revision();
  }

  /// The signal stays: run() ends with it.
  bool interrupted() {
    const std::lock_guard lock(bell_.mutex);
    return signals_.pending();
  }

  Outcome<void> follow(const etcdserverpb::WatchResponse& response) {
    const auto& events = response.events();
    for (int i = 0; i < events.size(); ++i) {
      TRY(writer_.apply(events[i]));
      const bool last = i + 1 == events.size();
      if (last || events[i + 1].kv().mod_revision() != events[i].kv().mod_revision()) writer_.end_revision();
    }
    return writer_.flush();
  }

  bool wait_a_while(const Failure& failure) {
    tell("the destination: " + failure.text + "; trying again");
    std::unique_lock lock(bell_.mutex);
    return !wait_for(bell_, lock, Clock::now() + kRetryPause, [this] { return signals_.pending(); });
  }

  void report() {
    if (Clock::now() < reported_ + kReportEvery) return;
    reported_ = Clock::now();
    tell(std::to_string(writer_.written()) + " changes mirrored, below revision " + std::to_string(next_));
  }

  void tell(const std::string& text) {
    if (context_.notices() != nullptr) *context_.notices() << "make-mirror: " << text << std::endl;
  }

  Context& context_;
  Bell& bell_;
  SignalCatcher& signals_;
  const std::string prefix_;
  MirrorWriter writer_;
  std::int64_t next_;  // everything below is mirrored; 0: nothing is
  Clock::time_point reported_ = Clock::now();
};

Outcome<ExitCode> run_make_mirror(Context& context) {
  TRY_ASSIGN(MirrorNames names, mirror_names(context.options));
  TRY_ASSIGN(const Settings settings, destination_settings(context));
  Bell bell;
  SignalCatcher signals(bell);
  const auto dialer = make_dialer(settings);
  Client destination(settings, *dialer, nullptr);
  TRY_ASSIGN(const auto here, look_at(context.client, names.prefix));
  TRY_ASSIGN(const auto there, look_at(destination, names.destination));
  if (here.cluster_id() == there.cluster_id() && here.cluster_id() != 0 &&
      (names.destination.starts_with(names.prefix) || names.prefix.starts_with(names.destination))) {
    return refuse_usage(
        "DEST is the cluster that is mirrored, and the prefixes overlap: it would go in circles");
  }
  Mirror mirror(context, bell, signals, destination, std::move(names), there.revision());
  return mirror.run();
}

}  // namespace

Command make_mirror_command() {
  return {
      .spec = {.name = "make-mirror",
               .arguments = "DEST",
               .summary = "Copy all keys to another cluster as of one revision, then every change to them.",
               .details = "DEST: the other cluster's endpoints, separated by commas. All changes of one\n"
                          "revision are written together, as far as --max-txn-ops allows; leases are not\n"
                          "taken over, and keys that only DEST has stay. Goes on until a signal comes, and\n"
                          "then says which --rev to go on with.",
               .options = kMirrorOptions,
               .examples = "kvctl make-mirror 10.0.0.9:2379\n"
                           "kvctl make-mirror 10.0.0.9:2379 --prefix cfg/ --dest-prefix copy/cfg/ --rev 1234",
               .arguments_min = 1,
               .arguments_max = 1},
      .run = run_make_mirror};
}

}  // namespace tools::kvctl
