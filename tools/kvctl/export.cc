#include <chrono>

#include "tools/common/progress.h"
#include "tools/common/units.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/pages.h"

namespace tools::kvctl {
namespace {

constexpr std::array kExportOptions = {
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

struct Exported {
  std::uint64_t keys = 0;
  std::int64_t revision = 0;
};

Outcome<Exported> export_range(Context& context, KeyRange range) {
  Progress progress(context.progress(), "exporting", "keys");
  Pages pages(context.client, {.range = std::move(range),
                               .revision = context.options.number("rev"),
                               .serializable = context.settings.serializable});
  Exported done;
  while (pages.more()) {
    TRY_ASSIGN(const auto page, pages.next());
    for (const auto& kv : page.kvs()) {
      context.io.out << kv_line(kv, true, context.options.on("metadata")) << '\n';
    }
    if (!context.io.out) return refuse(kExitIo, "");
    done.keys += static_cast<std::uint64_t>(page.kvs_size());
    progress.update(done.keys, pages.total());
  }
  done.revision = pages.revision();
  return done;
}

Outcome<ExitCode> run_export(Context& context) {
  const std::string prefix = context.options.text("prefix");
  const KeyRange range = range_below(prefix);
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
                   .options = kExportOptions,
                   .examples = "kvctl export > backup.jsonl\n"
                               "kvctl export --prefix app/ | jq -r .key"},
          .run = run_export};
}

}  // namespace tools::kvctl
