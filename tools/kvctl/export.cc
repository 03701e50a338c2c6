#include <algorithm>

#include "tools/common/progress.h"
#include "tools/common/units.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

constexpr std::int64_t kPageKeysFirst = 32;
constexpr std::int64_t kPageKeysMax = 5000;
constexpr std::size_t kPageBytesLow = 512U * 1024;
constexpr std::size_t kPageBytesHigh = 4U << 20;

constexpr std::array kOptions = {
    OptionSpec{.name = "prefix",
               .kind = ValueKind::kText,
               .placeholder = "PREFIX",
               .help = "only keys that begin with PREFIX"},
    OptionSpec{.name = "rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "as of revision N; 0: the newest"},
    OptionSpec{.name = "metadata", .help = "also revisions, version and lease, which import ignores"},
};

/// Pages by count; the count follows the size of the values.
std::int64_t next_limit(std::int64_t limit, std::size_t bytes) {
  if (bytes > kPageBytesHigh) return std::max<std::int64_t>(1, limit / 4);
  if (bytes < kPageBytesLow) return std::min(kPageKeysMax, limit * 2);
  return limit;
}

Failure explain(Failure failure, std::uint64_t done) {
  if (done > 0 && failure.exit == kExitLimit) {
    failure.text += " (the history was compacted during the export; run it again)";
  }
  return failure;
}

struct Exported {
  std::uint64_t keys = 0;
  std::int64_t revision = 0;
};

Outcome<Exported> export_range(Context& context, KeyRange range) {
  Progress progress(context.progress(), "exporting", "keys");
  RangeRequest request;
  request.set_key(std::move(range.key));
  request.set_range_end(std::move(range.range_end));
  request.set_limit(kPageKeysFirst);
  request.set_revision(context.options.number("rev"));
  request.set_serializable(context.settings.serializable);
  Exported done;
  std::uint64_t total = 0;
  for (bool more = true; more;) {
    auto page = context.client.call<RangeResponse>(kRange, request);
    if (!page) return refuse(explain(std::move(page.error()), done.keys));
    // One revision for all pages: that of the first answer.
    if (request.revision() == 0) request.set_revision(page->header().revision());
    if (total == 0) total = static_cast<std::uint64_t>(page->count());
    for (const auto& kv : page->kvs()) {
      context.io.out << kv_line(kv, true, context.options.on("metadata")) << '\n';
    }
    if (!context.io.out) return refuse(kExitIo, "");
    done.keys += static_cast<std::uint64_t>(page->kvs_size());
    progress.update(done.keys, total);
    more = page->more() && page->kvs_size() > 0;
    if (more) request.set_key(page->kvs(page->kvs_size() - 1).key() + '\0');
    request.set_limit(next_limit(request.limit(), page->ByteSizeLong()));
  }
  done.revision = request.revision();
  return done;
}

Outcome<ExitCode> run(Context& context) {
  const std::string prefix = context.options.text("prefix");
  const KeyRange range{prefix.empty() ? std::string(1, '\0') : prefix, prefix_end(prefix)};
  const auto began = std::chrono::steady_clock::now();
  TRY_ASSIGN(const Exported done, export_range(context, range));
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (auto* err = context.notices()) {
    *err << "exported " << done.keys << " keys at revision " << done.revision << " in "
         << format_duration(took) << '\n';
  }
  return kExitOk;
}

}  // namespace

Command export_command() {
  return {.spec = {.name = "export",
                   .arguments = "",
                   .summary = "Print keys and values as JSON, one object a line, in the order of keys.",
                   .details = "All as of one revision, however long it takes. What import reads.",
                   .options = kOptions,
                   .examples = "kvctl export > backup.jsonl\n"
                               "kvctl export --prefix app/ | jq -r .key"},
          .run = run};
}

}  // namespace tools::kvctl
