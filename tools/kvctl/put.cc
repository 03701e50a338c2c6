#include "tools/kvctl/command.h"
#include "tools/kvctl/conditions.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"
#include "tools/kvctl/value.h"
#include "tools/kvctl/write_output.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::PutRequest;
using etcdserverpb::PutResponse;
using etcdserverpb::TxnResponse;

constexpr std::array kOwnPutOptions = {
    OptionSpec{.name = "literal", .help = "VALUE is the value itself, also when it begins with @ or is -"},
    OptionSpec{.name = "print-rev", .help = "print the revision of the write instead of OK"},
};
constexpr auto kPutCommandOptions = concat(kPutLineOptions, kConditionOptions, kOwnPutOptions);

Outcome<std::string> value_of(const Context& context) {
  const auto& arguments = context.options.arguments();
  if (context.options.on("ignore-value")) {
    if (arguments.size() > 1) return refuse_usage("--ignore-value and a VALUE exclude each other");
    return std::string();
  }
  if (arguments.size() < 2) return read_input(context.io.in);
  if (context.options.on("literal")) return arguments[1];
  return read_value(arguments[1], context.io.in);
}

Outcome<ExitCode> run_put(Context& context) {
  TRY_ASSIGN(PutRequest request, put_request(context.options, {}));
  TRY_ASSIGN(std::string value, value_of(context));
  request.set_value(std::move(value));
  const std::string key = request.key();
  auto compares = conditions(context.options, key);
  if (compares.empty()) {
    TRY_ASSIGN(const PutResponse response, context.client.call<PutResponse>(kPut, request));
    return print_put(context, response);
  }
  etcdserverpb::RequestOp write;
  *write.mutable_request_put() = std::move(request);
  TRY_ASSIGN(TxnResponse response, write_if(context.client, key, std::move(compares), std::move(write)));
  return print_put(context, put_response_of(std::move(response)));
}

}  // namespace

PutResponse put_response_of(TxnResponse transaction) {
  PutResponse response = std::move(*transaction.mutable_responses(0)->mutable_response_put());
  *response.mutable_header() = std::move(*transaction.mutable_header());
  return response;
}

Outcome<ExitCode> print_put(Context& context, const PutResponse& response) {
  if (context.options.on("print-rev")) {
    context.io.out << response.header().revision() << '\n';
  } else {
    TRY(print(context.io.out, style_of(context.settings), response));
  }
  return kExitOk;
}

Command put_command() {
  return {.spec = {.name = "put",
                   .arguments = "KEY [VALUE|-|@FILE]",
                   .summary = "Write a key.",
                   .details = "The value is VALUE, or the bytes of FILE (@@x is the text @x), or, with - or\n"
                              "none, of standard input. With --if conditions it is one atomic step: exit 2\n"
                              "when one does not hold, with the key's version and revisions on stderr.",
                   .options = kPutCommandOptions,
                   .examples = "kvctl put cfg/x v1 --if-absent\n"
                               "rev=$(kvctl put cfg/x v2 --if-version 1 --print-rev)\n"
                               "kvctl put bin/blob @picture.png",
                   .arguments_min = 1,
                   .arguments_max = 2},
          .run = run_put};
}

}  // namespace tools::kvctl
