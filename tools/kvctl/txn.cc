#include <algorithm>

#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/txn_text.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

constexpr std::array kTxnOptions = {
    OptionSpec{.name = "interactive", .letter = 'i', .help = "say what comes next before each part"},
    OptionSpec{.name = "require", .help = "exit 2 when the compares do not hold"},
};

bool is_read_only(const TxnRequest& request) {
  const auto reads = [](const RequestOp& op) { return op.has_request_range(); };
  return std::ranges::all_of(request.success(), reads) && std::ranges::all_of(request.failure(), reads);
}

Outcome<ExitCode> run_txn(Context& context) {
  const bool interactive = context.options.on("interactive");
  const auto prompt = [&](std::string_view text) {
    if (interactive) context.io.out << text << '\n' << std::flush;
  };
  TRY_ASSIGN(const TxnRequest request, parse_transaction(context.io.in, prompt));
  const Method& method = is_read_only(request) ? kReadOnlyTxn : kTxn;
  TRY_ASSIGN(const TxnResponse response, context.client.call<TxnResponse>(method, request));
  TRY(print(context.io.out, style_of(context.settings), response));
  return context.options.on("require") && !response.succeeded() ? kExitConflict : kExitOk;
}

}  // namespace

Command txn_command() {
  return {
      .spec = {.name = "txn",
               .arguments = "",
               .summary = "Run the transaction on standard input as one atomic step.",
               .details =
                   "Three parts with a blank line behind each: compares, what to do if all hold, what\n"
                   "to do if not. A compare is TARGET(\"KEY\") OP \"VALUE\" with TARGET one of version,\n"
                   "create, mod, value, lease and OP one of = != < >. The rest are lines of get, put\n"
                   "and del with their options; \"\" quotes with escapes, '' without.",
               .options = kTxnOptions,
               .examples = "printf '%s\\n' 'version(\"a\") = \"0\"' '' 'put a 1' '' 'get a' '' | kvctl txn"},
      .run = run_txn};
}

}  // namespace tools::kvctl
