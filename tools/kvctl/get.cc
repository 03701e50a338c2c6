#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

constexpr std::array kOutputOptions = {
    OptionSpec{.name = "print-value-only", .help = "simple format: values without keys"},
    OptionSpec{.name = "print0", .help = "simple format: a zero byte behind each key and value, no newline"},
    OptionSpec{.name = "allow-missing", .help = "exit 0, not 1, when nothing is there"},
    OptionSpec{.name = "default",
               .kind = ValueKind::kText,
               .placeholder = "VALUE",
               .help = "print this value when KEY is not there"},
};
constexpr auto kGetOptions = concat(kGetLineOptions, kOutputOptions);

Outcome<Style> read_style(const Context& context) {
  const Parsed& options = context.options;
  Style style = style_of(context.settings);
  style.keys_only = options.on("keys-only");
  style.values_only = options.on("print-value-only");
  style.zero_ended = options.on("print0");
  style.count_only = options.on("count-only");
  if (style.keys_only && style.values_only) {
    return refuse_usage("--keys-only and --print-value-only exclude each other");
  }
  if (style.zero_ended && style.format != Format::kSimple) {
    return refuse_usage("--print0 is for the simple format");
  }
  return style;
}

Outcome<ExitCode> run_get(Context& context) {
  TRY_ASSIGN(const Style style, read_style(context));
  TRY_ASSIGN(RangeRequest request, range_request(context.options));
  const bool with_default = context.options.given("default");
  if (with_default && !request.range_end().empty()) return refuse_usage("--default is for a single key");
  TRY_ASSIGN(RangeResponse response, context.client.call<RangeResponse>(kRange, request));
  const bool missing = response.kvs_size() == 0 && !style.count_only;
  if (missing && with_default) {
    auto& kv = *response.add_kvs();
    kv.set_key(request.key());
    kv.set_value(context.options.text("default"));
  }
  TRY(print(context.io.out, style, response));
  const bool excused = with_default || context.options.on("allow-missing");
  return missing && !excused ? kExitNo : kExitOk;
}

}  // namespace

Command get_command() {
  return {.spec = {.name = "get",
                   .arguments = "KEY [RANGE_END]",
                   .summary = "Print a key, or the keys from KEY up to RANGE_END.",
                   .details = "Exits 1 when nothing is there.",
                   .options = kGetOptions,
                   .examples = "kvctl get cfg/x\n"
                               "kvctl get bin/blob -w raw | sha256sum\n"
                               "kvctl get app/ --prefix --print0 | xargs -0 -n2 printf '%s=%s\\n'\n"
                               "kvctl get cfg/x --default none --print-value-only",
                   .arguments_min = 1,
                   .arguments_max = 2},
          .run = run_get};
}

}  // namespace tools::kvctl
