#include "tools/kvctl/command.h"
#include "tools/kvctl/conditions.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"
#include "tools/kvctl/value.h"
#include "tools/kvctl/write_output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::TxnResponse;

constexpr std::array kOwnCasOptions = {
    OptionSpec{.name = "lease",
               .kind = ValueKind::kText,
               .placeholder = "ID",
               .help = "attach the key to this lease (hexadecimal)"},
    OptionSpec{.name = "ignore-lease", .help = "keep the lease"},
    OptionSpec{.name = "prev-kv", .help = "also give what was there before"},
    OptionSpec{.name = "literal", .help = "OLD and NEW are the values themselves, also @x and -"},
    OptionSpec{.name = "print-rev", .help = "print the revision of the write instead of OK"},
};
constexpr auto kCasOptions = concat(kOwnCasOptions, kKeyOptions);

Outcome<ExitCode> run_cas(Context& context) {
  const auto& arguments = context.options.arguments();
  const bool literal = context.options.on("literal");
  if (!literal && arguments[1] == "-" && arguments[2] == "-") {
    return refuse_usage("only one of OLD and NEW can come from standard input");
  }
  std::string old_value = arguments[1];
  std::string new_value = arguments[2];
  if (!literal) {
    TRY_ASSIGN(old_value, read_value(arguments[1], context.io.in));
    TRY_ASSIGN(new_value, read_value(arguments[2], context.io.in));
  }
  etcdserverpb::RequestOp write;
  TRY_ASSIGN(*write.mutable_request_put(), put_request(context.options, std::move(new_value)));
  const std::string key = write.request_put().key();
  TRY_ASSIGN(TxnResponse response,
             write_if(context.client, key, {value_is(key, std::move(old_value))}, std::move(write)));
  return print_put(context, put_response_of(std::move(response)));
}

}  // namespace

Command cas_command() {
  return {.spec = {.name = "cas",
                   .arguments = "KEY OLD NEW",
                   .summary = "Compare and swap: write NEW if the value of KEY is OLD.",
                   .details = "One atomic step; exit 2 when the value is another or KEY does not exist.\n"
                              "OLD and NEW may be - or @FILE, as put's VALUE.",
                   .options = kCasOptions,
                   .examples = "kvctl cas leader node1 node2\n"
                               "kvctl cas cfg/x @old.json @new.json || [ $? -eq 2 ]",
                   .arguments_min = 3,
                   .arguments_max = 3},
          .run = run_cas};
}

}  // namespace tools::kvctl
