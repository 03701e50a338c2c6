#include "tools/kvctl/command.h"
#include "tools/kvctl/conditions.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::DeleteRangeRequest;
using etcdserverpb::DeleteRangeResponse;
using etcdserverpb::TxnResponse;

constexpr std::array kOwnDelOptions = {
    OptionSpec{.name = "all", .help = "yes, every key there is: needed when the range is everything"},
};
constexpr auto kDelOptions = concat(kDeleteLineOptions, kConditionOptions, kOwnDelOptions);

Outcome<DeleteRangeResponse> delete_if(Context& context, DeleteRangeRequest request,
                                       std::vector<etcdserverpb::Compare> compares) {
  const std::string key = request.key();
  etcdserverpb::RequestOp write;
  *write.mutable_request_delete_range() = std::move(request);
  TRY_ASSIGN(TxnResponse transaction, write_if(context.client, key, std::move(compares), std::move(write)));
  DeleteRangeResponse response =
      std::move(*transaction.mutable_responses(0)->mutable_response_delete_range());
  *response.mutable_header() = std::move(*transaction.mutable_header());
  return response;
}

Outcome<ExitCode> run_del(Context& context) {
  TRY_ASSIGN(DeleteRangeRequest request, delete_request(context.options));
  const KeyRange range{request.key(), request.range_end()};
  if (range.is_everything() && !context.options.on("all")) {
    return refuse_usage("this deletes every key of the store; if that is meant, add --all");
  }
  auto compares = conditions(context.options, range.key);
  if (!compares.empty() && !range.range_end.empty())
    return refuse_usage("--if conditions are for a single key");
  DeleteRangeResponse response;
  if (compares.empty()) {
    TRY_ASSIGN(response, context.client.call<DeleteRangeResponse>(kDeleteRange, request));
  } else {
    TRY_ASSIGN(response, delete_if(context, std::move(request), std::move(compares)));
  }
  TRY(print(context.io.out, style_of(context.settings), response));
  return kExitOk;
}

}  // namespace

Command del_command() {
  return {.spec = {.name = "del",
                   .arguments = "KEY [RANGE_END]",
                   .summary = "Delete a key, or the keys from KEY up to RANGE_END; print how many.",
                   .details = "None is no error: exit 0. With --if conditions it is one atomic step: exit 2\n"
                              "when one does not hold.",
                   .options = kDelOptions,
                   .examples = "kvctl del cfg/x\n"
                               "kvctl del app/ --prefix\n"
                               "kvctl del lock/a --if-value \"$me\"",
                   .arguments_min = 1,
                   .arguments_max = 2},
          .run = run_del};
}

}  // namespace tools::kvctl
