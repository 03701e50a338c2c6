// lease grant, revoke, timetolive, list and keep-alive.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <thread>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/units.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/keep_alive.h"
#include "tools/kvctl/message_json.h"

namespace tools::kvctl {
namespace {

using std::chrono::milliseconds;

constexpr Method kLeaseGrant{"/etcdserverpb.Lease/LeaseGrant", Access::kWriteOnce};
constexpr Method kLeaseRevoke{"/etcdserverpb.Lease/LeaseRevoke", Access::kWriteOnce};
constexpr Method kLeaseTimeToLive{"/etcdserverpb.Lease/LeaseTimeToLive", Access::kRead};
constexpr Method kLeaseLeases{"/etcdserverpb.Lease/LeaseLeases", Access::kRead};

constexpr std::array kLeaseGrantOptions = {
    OptionSpec{.name = "id",
               .kind = ValueKind::kText,
               .placeholder = "ID",
               .help = "this id (hexadecimal); default: the server chooses"},
};
constexpr std::array kLeaseTimeOptions = {
    OptionSpec{.name = "keys", .help = "also the keys that hang on it"}};
constexpr std::array kLeaseKeepOptions = {OptionSpec{.name = "once", .help = "once, then end"}};

/// JSON where it is asked for; the simple text elsewhere.
Outcome<ExitCode> tell(Context& context, const google::protobuf::Message& message, const std::string& text) {
  switch (context.settings.format) {
    case Format::kJson:
    case Format::kJsonl:
      context.io.out << to_json(message) << '\n' << std::flush;
      return kExitOk;
    case Format::kSimple:
      context.io.out << text << std::flush;
      return kExitOk;
    default:
      return refuse_usage("--write-out: leases are printed as simple or json");
  }
}

Outcome<std::int64_t> parse_ttl(const std::string& text) {
  std::int64_t ttl = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ttl);
  if (error != std::errc() || end != text.data() + text.size()) {
    return refuse_usage("bad TTL \"" + text + "\": it must be a number of seconds");
  }
  return ttl;
}

Outcome<ExitCode> run_lease_grant(Context& context) {
  etcdserverpb::LeaseGrantRequest request;
  TRY_ASSIGN(const std::int64_t ttl, parse_ttl(context.options.arguments()[0]));
  request.set_ttl(ttl);
  if (context.options.given("id")) {
    TRY_ASSIGN(const std::int64_t id, parse_lease_id(context.options.text("id")));
    request.set_id(id);
  }
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::LeaseGrantResponse>(kLeaseGrant, request));
  return tell(
      context, response,
      "lease " + lease_text(response.id()) + " granted with TTL(" + std::to_string(response.ttl()) + "s)\n");
}

Outcome<ExitCode> run_lease_revoke(Context& context) {
  etcdserverpb::LeaseRevokeRequest request;
  TRY_ASSIGN(const std::int64_t id, parse_lease_id(context.options.arguments()[0]));
  request.set_id(id);
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::LeaseRevokeResponse>(kLeaseRevoke, request));
  return tell(context, response, "lease " + lease_text(id) + " revoked\n");
}

Outcome<ExitCode> run_lease_time(Context& context) {
  etcdserverpb::LeaseTimeToLiveRequest request;
  TRY_ASSIGN(const std::int64_t id, parse_lease_id(context.options.arguments()[0]));
  request.set_id(id);
  request.set_keys(context.options.on("keys"));
  TRY_ASSIGN(const auto response,
             context.client.call<etcdserverpb::LeaseTimeToLiveResponse>(kLeaseTimeToLive, request));
  std::string text = "lease " + lease_text(id);
  if (response.grantedttl() == 0 && response.ttl() <= 0) {
    text += " already expired";
  } else {
    text += " granted with TTL(" + std::to_string(response.grantedttl()) + "s), remaining(" +
            std::to_string(response.ttl()) + "s)";
    if (context.options.on("keys")) {
      text += ", attached keys([";
      for (int i = 0; i < response.keys_size(); ++i) text += (i == 0 ? "" : " ") + response.keys(i);
      text += "])";
    }
  }
  return tell(context, response, text + "\n");
}

Outcome<ExitCode> run_lease_list(Context& context) {
  TRY_ASSIGN(const auto response, context.client.call<etcdserverpb::LeaseLeasesResponse>(
                                      kLeaseLeases, etcdserverpb::LeaseLeasesRequest()));
  std::string text = "found " + std::to_string(response.leases_size()) + " leases\n";
  for (const auto& lease : response.leases()) text += lease_text(lease.id()) + "\n";
  return tell(context, response, text);
}

/// A third of its time, so that two attempts may fail.
milliseconds pause_for(std::int64_t ttl) {
  return std::max(milliseconds(ttl * 1000 / 3), milliseconds(250));
}

Outcome<ExitCode> run_lease_keep(Context& context) {
  TRY_ASSIGN(const std::int64_t id, parse_lease_id(context.options.arguments()[0]));
  const milliseconds patience =
      context.settings.timeout.count() == 0 ? milliseconds(60000) : context.settings.timeout;
  LeaseRenewer renewer(context.client, context.dialer);
  for (;;) {
    TRY_ASSIGN(const auto response, renewer.renew(id, patience));
    if (response.ttl() <= 0) {
      TRY(tell(context, response, "lease " + lease_text(id) + " expired or revoked.\n"));
      return kExitNo;
    }
    TRY(tell(context, response,
             "lease " + lease_text(id) + " keepalived with TTL(" + std::to_string(response.ttl()) + ")\n"));
    if (context.options.on("once")) return kExitOk;
    std::this_thread::sleep_for(pause_for(response.ttl()));
  }
}

}  // namespace

Command lease_grant_command() {
  return {.spec = {.name = "lease grant",
                   .arguments = "TTL",
                   .summary = "Grant a lease of TTL seconds.",
                   .options = kLeaseGrantOptions,
                   .examples = "kvctl lease grant 60",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_lease_grant};
}

Command lease_revoke_command() {
  return {.spec = {.name = "lease revoke",
                   .arguments = "ID",
                   .summary = "End a lease and delete all keys that hang on it, in one revision.",
                   .examples = "kvctl lease revoke 694d5765fc71500b",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_lease_revoke};
}

Command lease_timetolive_command() {
  return {.spec = {.name = "lease timetolive",
                   .arguments = "ID",
                   .summary = "Print how long a lease was granted for and what is left.",
                   .options = kLeaseTimeOptions,
                   .examples = "kvctl lease timetolive 694d5765fc71500b --keys",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_lease_time};
}

Command lease_list_command() {
  return {.spec = {.name = "lease list",
                   .summary = "Print the IDs of all leases.",
                   .examples = "kvctl lease list"},
          .run = run_lease_list};
}

Command lease_keep_alive_command() {
  return {.spec = {.name = "lease keep-alive",
                   .arguments = "ID",
                   .summary = "Let a lease begin anew, again and again until it is gone.",
                   .details = "Exits 1 when there is no such lease (any more).",
                   .options = kLeaseKeepOptions,
                   .examples = "kvctl lease keep-alive 694d5765fc71500b --once",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_lease_keep};
}

}  // namespace tools::kvctl
