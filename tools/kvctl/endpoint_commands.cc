// status, endpoint status, endpoint health, endpoint hashkv: every endpoint is asked, each by itself.
#include <thread>

#include "tools/kvctl/command.h"
#include "tools/kvctl/endpoint_answers.h"
#include "tools/kvctl/endpoint_survey.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::AlarmResponse;
using etcdserverpb::HashKVResponse;
using etcdserverpb::RangeResponse;
using etcdserverpb::StatusResponse;

Outcome<StatusResponse> ask_status(Client& client, const Endpoint&) {
  return client.call<StatusResponse>(kStatus, etcdserverpb::StatusRequest());
}

/// A linearizable read, then no alarm: what etcdctl calls healthy.
std::string find_fault(Client& client) {
  etcdserverpb::RangeRequest request;
  request.set_key("health");
  const auto answer = client.call<RangeResponse>(kRange, request);
  if (!answer && answer.error().text != "etcdserver: permission denied") return answer.error().text;
  const auto alarms = client.call<AlarmResponse>(kAlarm, etcdserverpb::AlarmRequest());
  if (!alarms) return "unable to fetch the alarm list: " + alarms.error().text;
  std::string text;
  for (const auto& alarm : alarms->alarms()) text += " " + etcdserverpb::AlarmType_Name(alarm.alarm());
  return text.empty() ? text : "active alarms:" + text;
}

EndpointHealth ask_health(Client& client, const Endpoint& endpoint) {
  const auto began = std::chrono::steady_clock::now();
  EndpointHealth health{.endpoint = endpoint.text, .error = find_fault(client)};
  health.took = std::chrono::steady_clock::now() - began;
  health.healthy = health.error.empty();
  return health;
}

Outcome<ExitCode> print_endpoint_status(Context& context) {
  return ask_and_print<EndpointStatus, StatusResponse>(context, "status", ask_status);
}

/// Once, or with --watch again and again; then the last look decides about the exit code.
Outcome<ExitCode> run_endpoint_status(Context& context) {
  if (!context.options.given("watch")) return print_endpoint_status(context);
  const std::int64_t times = context.options.number("times");
  for (std::int64_t looked = 1;; ++looked) {
    TRY_ASSIGN(const ExitCode exit, print_endpoint_status(context));
    context.io.out << std::flush;
    if (looked == times) return exit;
    std::this_thread::sleep_for(context.options.duration("watch"));
    if (context.settings.format != Format::kJsonl) context.io.out << '\n';
  }
}

Outcome<ExitCode> run_health(Context& context) {
  TRY_ASSIGN(const std::vector<Endpoint> endpoints, endpoints_to_ask(context));
  const auto answers = ask_all<EndpointHealth>(context, endpoints, ask_health);
  TRY(print(context.io.out, context.io.err, style_of(context.settings), answers));
  for (const EndpointHealth& health : answers) {
    if (!health.healthy) return refuse(kExitNo, "unhealthy cluster");
  }
  return kExitOk;
}

Outcome<ExitCode> run_hashkv(Context& context) {
  etcdserverpb::HashKVRequest request;
  request.set_revision(context.options.number("rev"));
  return ask_and_print<EndpointHash, HashKVResponse>(
      context, "hash",
      [&request](Client& client, const Endpoint&) { return client.call<HashKVResponse>(kHashKv, request); });
}

constexpr auto kHashOptions =
    concat(kEndpointOptions, std::array{
                                 OptionSpec{.name = "rev",
                                            .kind = ValueKind::kNumber,
                                            .placeholder = "N",
                                            .help = "up to this revision; 0: the newest of each",
                                            .fallback = "0"},
                             });

constexpr auto kStatusOptions =
    concat(kEndpointOptions, std::array{
                                 OptionSpec{.name = "watch",
                                            .kind = ValueKind::kDuration,
                                            .placeholder = "TIME",
                                            .help = "print again after each TIME"},
                                 OptionSpec{.name = "times",
                                            .kind = ValueKind::kCount,
                                            .placeholder = "N",
                                            .help = "with --watch: stop after N times; 0: never"},
                             });

constexpr CommandSpec status_spec(std::string_view name, std::string_view examples) {
  return {.name = name,
          .summary = "Print what each endpoint says of itself: version, sizes, leader, term, index.",
          .details = "Exits 1 when some do not answer; when none does, as a request would.",
          .options = kStatusOptions,
          .examples = examples};
}

}  // namespace

Command status_command() {
  return {.spec = status_spec("status", "kvctl status -w table --cluster"), .run = run_endpoint_status};
}

Command endpoint_status_command() {
  return {.spec = status_spec("endpoint status", "kvctl endpoint status --endpoints a:2379,b:2379 -w table"),
          .run = run_endpoint_status};
}

Command endpoint_health_command() {
  return {.spec = {.name = "endpoint health",
                   .summary = "Ask each endpoint for a linearizable read, and for alarms.",
                   .details = "Exits 1 unless all are healthy.",
                   .options = kEndpointOptions,
                   .examples = "kvctl endpoint health --cluster"},
          .run = run_health};
}

Command endpoint_hashkv_command() {
  return {
      .spec = {.name = "endpoint hashkv",
               .summary = "Print the hash of each endpoint's history.",
               .details =
                   "Members whose data is the same print the same hash for the same --rev, once they have\n"
                   "it. Exits 1 when some do not answer; when none does, as a request would.",
               .options = kHashOptions,
               .examples = "kvctl endpoint hashkv --cluster --rev 1000"},
      .run = run_hashkv};
}

}  // namespace tools::kvctl
