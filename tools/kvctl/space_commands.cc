// alarm list, alarm disarm, compaction, defrag.
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/lone_client.h"
#include "tools/kvctl/message_json.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::AlarmResponse;
using etcdserverpb::CompactionResponse;

constexpr std::array kCompactionOptions = {
    OptionSpec{.name = "physical", .help = "wait until the space is free on the member that answers"},
};

constexpr std::array kDefragOptions = {
    OptionSpec{.name = "cluster", .help = "on every member of the cluster"},
};

Outcome<void> print_alarms(std::ostream& out, Format format, const AlarmResponse& response) {
  switch (format) {
    case Format::kSimple:
      for (const auto& alarm : response.alarms()) {
        out << "memberID:" << alarm.memberid() << " alarm:" << AlarmType_Name(alarm.alarm()) << " \n";
      }
      return {};
    case Format::kJson:
      out << to_json(response) << '\n';
      return {};
    case Format::kJsonl:
      for (const auto& alarm : response.alarms()) out << to_json(alarm) << '\n';
      return {};
    case Format::kFields:
      fields::print_header(out, response.header());
      for (const auto& alarm : response.alarms()) {
        out << "\"MemberID\" : " << alarm.memberid() << "\n\"AlarmType\" : " << AlarmType_Name(alarm.alarm())
            << "\n\n";
      }
      return {};
    case Format::kTable:
      return no_format("table");
    case Format::kRaw:
      break;
  }
  return no_format("raw");
}

Outcome<ExitCode> run_alarm_list(Context& context) {
  etcdserverpb::AlarmRequest request;  // GET, of all members
  TRY_ASSIGN(const auto response, context.client.call<AlarmResponse>(kAlarm, request));
  TRY(print_alarms(context.io.out, context.settings.format, response));
  return kExitOk;
}

/// As etcdctl's: whatever is raised, each by itself.
Outcome<ExitCode> run_alarm_disarm(Context& context) {
  TRY_ASSIGN(const auto raised, context.client.call<AlarmResponse>(kAlarm, etcdserverpb::AlarmRequest()));
  AlarmResponse disarmed;
  *disarmed.mutable_header() = raised.header();
  for (const auto& alarm : raised.alarms()) {
    etcdserverpb::AlarmRequest request;
    request.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
    request.set_memberid(alarm.memberid());
    request.set_alarm(alarm.alarm());
    TRY_ASSIGN(const auto response, context.client.call<AlarmResponse>(kAlarm, request));
    *disarmed.mutable_header() = response.header();
    disarmed.mutable_alarms()->MergeFrom(response.alarms());
  }
  TRY(print_alarms(context.io.out, context.settings.format, disarmed));
  return kExitOk;
}

/// The members' client URLs, or the endpoints given.
Outcome<std::vector<Endpoint>> members_to_defrag(Context& context) {
  if (!context.options.on("cluster")) return context.settings.endpoints;
  TRY_ASSIGN(const auto members, context.client.call<etcdserverpb::MemberListResponse>(
                                     kMemberList, etcdserverpb::MemberListRequest()));
  std::vector<Endpoint> endpoints;
  for (const auto& member : members.members()) {
    if (member.clienturls().empty()) continue;
    TRY_ASSIGN(Endpoint endpoint, parse_endpoint(member.clienturls(0)));
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

/// Every member has files of its own, so each is asked.
Outcome<ExitCode> run_defrag(Context& context) {
  TRY_ASSIGN(const auto endpoints, members_to_defrag(context));
  std::optional<Failure> first;
  for (const Endpoint& endpoint : endpoints) {
    LoneClient client(context.client, endpoint);
    const auto answer =
        client->call<etcdserverpb::DefragmentResponse>(kDefragment, etcdserverpb::DefragmentRequest());
    if (answer) {
      context.io.out << "Finished defragmenting etcd member[" << endpoint.text << "]\n";
    } else {
      context.io.err << "Failed to defragment etcd member[" << endpoint.text << "] (" << answer.error().text
                     << ")\n";
      if (!first) first = answer.error();
    }
  }
  if (first) return refuse(std::move(*first));
  return kExitOk;
}

Outcome<ExitCode> run_compaction(Context& context) {
  const std::string& text = context.options.arguments()[0];
  std::int64_t revision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  if (error != std::errc() || end != text.data() + text.size()) {
    return refuse_usage("REVISION \"" + text + "\": not a whole number");
  }
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  request.set_physical(context.options.on("physical"));
  TRY_ASSIGN(const auto response, context.client.call<CompactionResponse>(kCompact, request));
  static_cast<void>(response);
  context.io.out << "compacted revision " << revision << '\n';
  return kExitOk;
}

}  // namespace

Command alarm_list_command() {
  return {.spec = {.name = "alarm list",
                   .summary = "Print the alarms that are raised; nothing when there are none.",
                   .examples = "kvctl alarm list"},
          .run = run_alarm_list};
}

Command alarm_disarm_command() {
  return {.spec = {.name = "alarm disarm",
                   .summary = "Take back every alarm, and print those that were raised.",
                   .details = "An alarm that the quota raised goes off by itself once there is space again.",
                   .examples = "kvctl alarm disarm"},
          .run = run_alarm_disarm};
}

Command defrag_command() {
  return {.spec = {.name = "defrag",
                   .summary = "Give deleted space back to the file system at once, on every endpoint.",
                   .details =
                       "Servers do this by themselves when it is worth it; nothing stands still meanwhile.",
                   .options = kDefragOptions,
                   .examples = "kvctl defrag --cluster"},
          .run = run_defrag};
}

Command compaction_command() {
  return {.spec = {.name = "compaction",
                   .arguments = "REVISION",
                   .summary = "Forget the history before REVISION; what it read then is kept.",
                   .options = kCompactionOptions,
                   .examples = "kvctl compaction 12345",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_compaction};
}

}  // namespace tools::kvctl
