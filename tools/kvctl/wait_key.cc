// wait key: until a key is there, is gone, or has a value.
#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"
#include "tools/kvctl/wait_loop.h"

namespace tools::kvctl {
namespace {

constexpr std::array kConditionsOfKey = {
    OptionSpec{.name = "value",
               .kind = ValueKind::kText,
               .placeholder = "VALUE",
               .help = "until the key has this value"},
    OptionSpec{.name = "absent", .help = "until the key is not there"},
};
constexpr auto kWaitKeyOptions = concat(kConditionsOfKey, kKeyOptions);

Outcome<ExitCode> run_wait_key(Context& context) {
  TRY_ASSIGN(const std::string key, read_key(context.options, context.options.arguments()[0]));
  const bool absent = context.options.on("absent");
  const bool by_value = context.options.given("value");
  if (absent && by_value) return refuse_usage("--value and --absent exclude each other");
  etcdserverpb::RangeResponse found;
  const auto look = [&](Client& client) -> Outcome<std::optional<std::string>> {
    etcdserverpb::RangeRequest request;
    request.set_key(key);
    TRY_ASSIGN(found, client.call<etcdserverpb::RangeResponse>(kRange, request));
    if (absent) return found.kvs().empty() ? std::nullopt : std::optional<std::string>("the key is there");
    if (found.kvs().empty()) return "the key is not there";
    if (by_value && found.kvs(0).value() != context.options.text("value")) {
      return "the key has another value";
    }
    return std::nullopt;
  };
  TRY(wait_until(context, look));
  if (!absent) TRY(print(context.io.out, style_of(context.settings), found));
  return kExitOk;
}

}  // namespace

Command wait_key_command() {
  return {.spec = {.name = "wait key",
                   .arguments = "KEY",
                   .summary = "Wait until a key is there, has a value, or is gone; print it.",
                   .details = "Exits 124 when --timeout has passed.",
                   .options = kWaitKeyOptions,
                   .examples = "kvctl wait key ready --timeout 60s\n"
                               "kvctl wait key job/7/state --value done --timeout 0\n"
                               "kvctl wait key lock/a --absent",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_wait_key};
}

}  // namespace tools::kvctl
