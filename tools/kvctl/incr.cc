// incr: a number in a key, changed in one step.
#include <charconv>
#include <limits>
#include <optional>

#include "tools/kvctl/command.h"
#include "tools/kvctl/conditions.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

/// Others may change the key meanwhile; so often it is tried again.
constexpr int kIncrAttempts = 100;

std::optional<std::int64_t> parse_whole(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Counter {
  std::int64_t value = 0;
  std::int64_t modified = 0;  ///< 0: the key is not there
};

Outcome<Counter> read_counter(Client& client, const std::string& key) {
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  TRY_ASSIGN(const auto response, client.call<etcdserverpb::RangeResponse>(kRange, request));
  if (response.kvs().empty()) return Counter{};
  const auto number = parse_whole(response.kvs(0).value());
  if (!number) return refuse(kExitData, "the value of \"" + key + "\" is no whole number of 64 bits");
  return Counter{*number, response.kvs(0).mod_revision()};
}

/// Nothing when someone was faster. A lease stays on the key.
Outcome<std::optional<std::int64_t>> add_once(Client& client, const std::string& key, std::int64_t by) {
  TRY_ASSIGN(const Counter before, read_counter(client, key));
  std::int64_t after = 0;
  if (__builtin_add_overflow(before.value, by, &after)) {
    return refuse(kExitData, "\"" + key + "\" would not fit in 64 bits any more");
  }
  etcdserverpb::TxnRequest request;
  auto& unchanged = *request.add_compare();
  unchanged.set_key(key);
  unchanged.set_target(etcdserverpb::Compare::MOD);
  unchanged.set_mod_revision(before.modified);
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(std::to_string(after));
  put.set_ignore_lease(before.modified != 0);
  TRY_ASSIGN(const auto response, client.call<etcdserverpb::TxnResponse>(kTxn, request));
  return response.succeeded() ? std::optional(after) : std::nullopt;
}

Outcome<ExitCode> run_incr(Context& context) {
  const auto& arguments = context.options.arguments();
  TRY_ASSIGN(const std::string key, read_key(context.options, arguments[0]));
  const auto by = arguments.size() > 1 ? parse_whole(arguments[1]) : std::optional<std::int64_t>(1);
  if (!by) return refuse_usage("N \"" + arguments[1] + "\": not a whole number");
  for (int attempt = 0; attempt < kIncrAttempts; ++attempt) {
    TRY_ASSIGN(const auto after, add_once(context.client, key, *by));
    if (!after) continue;
    context.io.out << *after << '\n';
    return kExitOk;
  }
  return refuse(kExitConflict,
                "someone else changed \"" + key + "\" " + std::to_string(kIncrAttempts) + " times in a row");
}

}  // namespace

Command incr_command() {
  return {
      .spec = {.name = "incr",
               .arguments = "KEY [N]",
               .summary = "Add N, or 1, to the whole number in a key; print the new one.",
               .details = "A key that is not there counts as 0. No two callers get the same number. Write\n"
                          "-- before a negative N. Exits 65 when the value is no number.",
               .options = kKeyOptions,
               .examples = "id=$(kvctl incr next-id)\n"
                           "kvctl incr stock -- -3",
               .arguments_min = 1,
               .arguments_max = 2},
      .run = run_incr};
}

}  // namespace tools::kvctl
