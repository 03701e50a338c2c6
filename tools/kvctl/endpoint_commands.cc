// status, endpoint status, endpoint health: every endpoint is asked, each by itself.
#include <future>
#include <thread>

#include "tools/kvctl/command.h"
#include "tools/kvctl/endpoint_answers.h"
#include "tools/kvctl/lone_client.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::AlarmResponse;
using etcdserverpb::RangeResponse;
using etcdserverpb::StatusResponse;

constexpr std::array kOptions = {
    OptionSpec{.name = "cluster", .help = "every member of the cluster, not --endpoints"},
};

/// Those of --endpoints, or with --cluster where the members say that they listen.
Outcome<std::vector<Endpoint>> endpoints_to_ask(Context& context) {
  if (!context.options.on("cluster")) return context.settings.endpoints;
  etcdserverpb::MemberListRequest request;
  TRY_ASSIGN(const auto members, context.client.call<etcdserverpb::MemberListResponse>(kMemberList, request));
  std::vector<Endpoint> endpoints;
  for (const auto& member : members.members()) {
    for (const std::string& url : member.clienturls()) {
      TRY_ASSIGN(Endpoint endpoint, parse_endpoint(url));
      endpoints.push_back(std::move(endpoint));
    }
  }
  if (endpoints.empty()) return refuse(kExitUnavailable, "no member says where it listens");
  return endpoints;
}

/// Asks all at the same time, so that one that does not answer costs its timeout once.
template <class Answer>
std::vector<Answer> ask_all(const Context& context, const std::vector<Endpoint>& endpoints,
                            Answer (*ask)(Client&, const Endpoint&)) {
  std::vector<std::future<Answer>> pending;
  pending.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    pending.push_back(std::async(std::launch::async, [&context, &endpoint, ask] {
      LoneClient client(context.settings, endpoint);
      return ask(*client, endpoint);
    }));
  }
  std::vector<Answer> answers;
  answers.reserve(endpoints.size());
  for (auto& answer : pending) answers.push_back(answer.get());
  return answers;
}

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

Outcome<ExitCode> print_status(Context& context) {
  TRY_ASSIGN(const std::vector<Endpoint> endpoints, endpoints_to_ask(context));
  const auto answers = ask_all(context, endpoints, ask_status);
  std::vector<EndpointStatus> known;
  ExitCode first_fault = kExitOk;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) {
      known.push_back({endpoints[i].text, *answers[i]});
      continue;
    }
    if (first_fault == kExitOk) first_fault = answers[i].error().exit;
    context.io.err << "Failed to get the status of endpoint " << endpoints[i].text << " ("
                   << answers[i].error().text << ")\n";
  }
  TRY(print(context.io.out, style_of(context.settings), known));
  if (known.size() == endpoints.size()) return kExitOk;
  return known.empty() ? first_fault : kExitNo;
}

/// Once, or with --watch again and again; then the last look decides about the exit code.
Outcome<ExitCode> run_status(Context& context) {
  if (!context.options.given("watch")) return print_status(context);
  const std::int64_t times = context.options.number("times");
  for (std::int64_t looked = 1;; ++looked) {
    TRY_ASSIGN(const ExitCode exit, print_status(context));
    context.io.out << std::flush;
    if (looked == times) return exit;
    std::this_thread::sleep_for(context.options.duration("watch"));
    if (context.settings.format != Format::kJsonl) context.io.out << '\n';
  }
}

Outcome<ExitCode> run_health(Context& context) {
  TRY_ASSIGN(const std::vector<Endpoint> endpoints, endpoints_to_ask(context));
  const auto answers = ask_all(context, endpoints, ask_health);
  TRY(print(context.io.out, context.io.err, style_of(context.settings), answers));
  for (const EndpointHealth& health : answers) {
    if (!health.healthy) return refuse(kExitNo, "unhealthy cluster");
  }
  return kExitOk;
}

constexpr auto kStatusOptions =
    concat(kOptions, std::array{
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
  return {.spec = status_spec("status", "kvctl status -w table --cluster"), .run = run_status};
}

Command endpoint_status_command() {
  return {.spec = status_spec("endpoint status", "kvctl endpoint status --endpoints a:2379,b:2379 -w table"),
          .run = run_status};
}

Command endpoint_health_command() {
  return {.spec = {.name = "endpoint health",
                   .summary = "Ask each endpoint for a linearizable read, and for alarms.",
                   .details = "Exits 1 unless all are healthy.",
                   .options = kOptions,
                   .examples = "kvctl endpoint health --cluster"},
          .run = run_health};
}

}  // namespace tools::kvctl
