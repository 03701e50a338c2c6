// log: what a key has been, newest first.
#include "libraft/base/utf8.h"
#include "tools/common/escape.h"
#include "tools/common/json_writer.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

constexpr std::array kLogOwnOptions = {
    OptionSpec{.name = "limit",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "at most N versions; 0: all that are left"},
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "back from revision N; 0: from the newest"},
};
constexpr auto kLogOptions = concat(kLogOwnOptions, kKeyOptions);

void print_version(const Context& context, const mvccpb::KeyValue& kv) {
  const Format format = context.settings.format;
  std::ostream& out = context.io.out;
  if (format == Format::kJsonl) {
    out << kv_line(kv, true, true) << '\n';
    return;
  }
  const bool escaped = context.settings.hex || !raft::is_utf8(kv.value());
  out << "revision " << kv.mod_revision() << ", version " << kv.version();
  if (kv.lease() != 0) out << ", lease " << std::hex << kv.lease() << std::dec;
  out << '\n' << (escaped ? hex_escape(kv.value()) : kv.value()) << '\n';
}

/// Why there is no more: the beginning of the key's life, or of the history.
enum class LogEnd { kCreated, kCompacted, kLimit };

Outcome<ExitCode> walk_back(Context& context, const std::string& key) {
  const auto limit = static_cast<std::uint64_t>(context.options.number("limit"));
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  request.set_revision(context.options.number("rev"));
  std::uint64_t printed = 0;
  LogEnd end = LogEnd::kLimit;
  while (limit == 0 || printed < limit) {
    const auto response = context.client.call<etcdserverpb::RangeResponse>(kRange, request);
    if (!response && printed > 0 && response.error().exit == kExitLimit) {
      end = LogEnd::kCompacted;
      break;
    }
    if (!response) return refuse(Failure(response.error()));
    if (response->kvs().empty()) return kExitNo;
    const auto& kv = response->kvs(0);
    print_version(context, kv);
    ++printed;
    end = LogEnd::kCreated;
    if (kv.version() <= 1) break;
    end = LogEnd::kLimit;
    request.set_revision(kv.mod_revision() - 1);
  }
  if (auto* notices = context.notices()) {
    if (end == LogEnd::kCompacted) *notices << "older versions were compacted\n";
    if (end == LogEnd::kCreated)
      *notices << "created there; what it was before it was deleted is not looked for\n";
  }
  return kExitOk;
}

Outcome<ExitCode> run_log(Context& context) {
  const Format format = context.settings.format;
  if (format != Format::kSimple && format != Format::kJsonl) {
    return refuse_usage("log has the formats simple and jsonl");
  }
  TRY_ASSIGN(const std::string key, read_key(context.options, context.options.arguments()[0]));
  return walk_back(context, key);
}

}  // namespace

Command log_command() {
  return {
      .spec = {.name = "log",
               .arguments = "KEY",
               .summary = "Print what a key has been since it was created, newest first.",
               .details = "As far back as the history goes. Exits 1 when the key is not there; --rev looks\n"
                          "back from a time at which it was.",
               .options = kLogOptions,
               .examples = "kvctl log cfg/x --limit 5\n"
                           "kvctl log cfg/x -w jsonl | jq -r .value",
               .arguments_min = 1,
               .arguments_max = 1},
      .run = run_log};
}

}  // namespace tools::kvctl
