// alarm list, compaction.
#include <array>
#include <charconv>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/message_json.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::AlarmResponse;
using etcdserverpb::CompactionResponse;

constexpr std::array kCompactionOptions = {
    OptionSpec{.name = "physical", .help = "wait until the space is free on the member that answers"},
};

std::unexpected<Failure> no_format(std::string_view name) {
  return refuse_usage("this response has no format " + std::string(name));
}

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
