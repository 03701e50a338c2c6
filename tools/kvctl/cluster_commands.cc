// member list, alarm list, compaction.
#include <array>
#include <charconv>
#include <cstdio>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/escape.h"
#include "tools/common/table.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/message_json.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::AlarmResponse;
using etcdserverpb::CompactionResponse;
using etcdserverpb::Member;
using etcdserverpb::MemberListResponse;

constexpr std::array kCompactionOptions = {
    OptionSpec{.name = "physical", .help = "wait until the space is free on the member that answers"},
};

std::unexpected<Failure> no_format(std::string_view name) {
  return refuse_usage("this response has no format " + std::string(name));
}

std::string join(const google::protobuf::RepeatedPtrField<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

std::vector<std::string> member_row(const Member& member) {
  std::array<char, 20> id{};
  std::snprintf(id.data(), id.size(), "%llx", static_cast<unsigned long long>(member.id()));
  return {id.data(),
          member.name().empty() ? "unstarted" : "started",
          member.name(),
          join(member.peerurls()),
          join(member.clienturls()),
          member.islearner() ? "true" : "false"};
}

void print_member_fields(std::ostream& out, const Member& member) {
  out << "\"ID\" : " << member.id() << "\n\"Name\" : " << quote(member.name()) << '\n';
  for (const std::string& url : member.peerurls()) out << "\"PeerURL\" : " << quote(url) << '\n';
  for (const std::string& url : member.clienturls()) out << "\"ClientURL\" : " << quote(url) << '\n';
  out << "\"IsLearner\" : " << (member.islearner() ? "true" : "false") << "\n\n";
}

Outcome<void> print_members(std::ostream& out, Format format, const MemberListResponse& response) {
  std::vector<std::vector<std::string>> rows;
  for (const Member& member : response.members()) rows.push_back(member_row(member));
  switch (format) {
    case Format::kSimple:
      for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) out << (i == 0 ? "" : ", ") << row[i];
        out << '\n';
      }
      return {};
    case Format::kTable:
      out << draw_table({"ID", "status", "name", "peer addrs", "client addrs", "is learner"}, rows);
      return {};
    case Format::kJson:
      out << to_json(response) << '\n';
      return {};
    case Format::kJsonl:
      for (const Member& member : response.members()) out << to_json(member) << '\n';
      return {};
    case Format::kFields:
      fields::print_header(out, response.header());
      for (const Member& member : response.members()) print_member_fields(out, member);
      return {};
    case Format::kRaw:
      break;
  }
  return no_format("raw");
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

Outcome<ExitCode> run_member_list(Context& context) {
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(!context.settings.serializable);
  TRY_ASSIGN(const auto response, context.client.call<MemberListResponse>(kMemberList, request));
  TRY(print_members(context.io.out, context.settings.format, response));
  return kExitOk;
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

Command member_list_command() {
  return {.spec = {.name = "member list",
                   .summary = "Print the members of the cluster.",
                   .examples = "kvctl member list -w table"},
          .run = run_member_list};
}

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
