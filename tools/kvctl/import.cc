#include <fstream>

#include "tools/common/escape.h"
#include "tools/common/line_reader.h"
#include "tools/common/progress.h"
#include "tools/common/units.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/importer.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

constexpr std::array kImportOptions = {
    OptionSpec{.name = "mode",
               .kind = ValueKind::kChoice,
               .placeholder = "MODE",
               .help = "overwrite, or create: keys that exist stay as they are",
               .fallback = "overwrite",
               .choices = "overwrite|create"},
    OptionSpec{.name = "dry-run", .help = "check the input, write nothing"},
};

struct Tally {
  std::uint64_t keys = 0;
  std::uint64_t with_lease = 0;
};

std::unexpected<Failure> at_line(const LineReader& reader, const Failure& failure) {
  return refuse(failure.exit, "line " + std::to_string(reader.number()) + ": " + failure.text);
}

/// Hands every line to `take`.
Outcome<Tally> read_lines(std::istream& in, Progress& progress,
                          const std::function<Outcome<void>(ImportLine, std::size_t)>& take) {
  Tally tally;
  LineReader reader(in, kInputLineBytesMax);
  std::string text;
  for (auto next = reader.next(text); next != LineReader::Next::kEnd; next = reader.next(text)) {
    if (next == LineReader::Next::kTooLong) {
      return at_line(
          reader, {kExitData, "longer than the limit of " + std::to_string(kInputLineBytesMax) + " bytes"});
    }
    if (next == LineReader::Next::kFailed) return at_line(reader, {kExitIo, "the input cannot be read"});
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    auto line = parse_import_line(text);
    if (!line) return at_line(reader, line.error());
    if (line->had_lease) ++tally.with_lease;
    TRY(take(std::move(*line), reader.number()));
    progress.update(++tally.keys, 0);
  }
  return tally;
}

void summarise(std::ostream& err, const Tally& tally, const ImportCounts& counts, const std::string& took) {
  err << "imported " << tally.keys << " lines in " << took << ": " << counts.written << " written";
  if (counts.unchanged > 0) err << ", " << counts.unchanged << " there already";
  if (counts.kept > 0) {
    err << ", " << counts.kept
        << " exist with another value and were left alone (the first: " << quote(counts.first_kept) << ")";
  }
  err << '\n';
  if (tally.with_lease > 0) {
    err << "note: " << tally.with_lease << " keys had a lease where they come from; here they have none\n";
  }
}

Outcome<ExitCode> check_only(Context& context, std::istream& in) {
  Progress progress(context.progress(), "checking", "keys");
  TRY_ASSIGN(const Tally tally,
             read_lines(in, progress, [](const ImportLine&, std::size_t) { return Outcome<void>(); }));
  if (auto* err = context.notices()) *err << "dry run: " << tally.keys << " keys, nothing was written\n";
  return kExitOk;
}

Failure with_advice(Failure failure, const ImportCounts& counts) {
  failure.text += "; " + std::to_string(counts.written) +
                  " keys were written before. It is safe to run the import again.";
  return failure;
}

Outcome<ExitCode> import_from(Context& context, std::istream& in) {
  const auto began = std::chrono::steady_clock::now();
  const bool create = context.options.text("mode") == "create";
  Importer importer(
      create ? ImportMode::kCreate : ImportMode::kOverwrite,
      [&context](const TxnRequest& request) { return context.client.call<TxnResponse>(kTxn, request); });
  Outcome<Tally> tally;
  {
    Progress progress(context.progress(), "importing", "keys");
    tally = read_lines(in, progress, [&importer](ImportLine line, std::size_t number) {
      return importer.add(std::move(line), number);
    });
  }
  // What was read before a bad line is written: the message says how much.
  const auto counts = importer.finish();
  if (!counts) return refuse(with_advice(counts.error(), importer.counts()));
  if (!tally) return refuse(with_advice(tally.error(), *counts));
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (auto* err = context.notices()) summarise(*err, *tally, *counts, format_duration(took));
  return counts->kept > 0 ? kExitConflict : kExitOk;
}

Outcome<ExitCode> run_import(Context& context) {
  const auto go = context.options.on("dry-run") ? check_only : import_from;
  const auto& arguments = context.options.arguments();
  if (arguments.empty() || arguments[0] == "-") return go(context, context.io.in);
  std::ifstream file(arguments[0], std::ios::binary);
  if (!file) return refuse(kExitNoInput, arguments[0] + ": cannot be opened");
  return go(context, file);
}

}  // namespace

Command import_command() {
  return {
      .spec = {.name = "import",
               .arguments = "[FILE|-]",
               .summary = "Write the keys that export printed: one JSON object a line.",
               .details =
                   "{\"key\":…,\"value\":…}, or key_b64 and value_b64 for bytes that are not UTF-8. May be\n"
                   "run again after a failure. Exits 2 when --mode create met keys with another\n"
                   "value, 65 at a line that is not as it should be.",
               .options = kImportOptions,
               .examples = "kvctl import backup.jsonl\n"
                           "kvctl export --endpoints old:2379 | kvctl import --mode create",
               .arguments_max = 1},
      .run = run_import};
}

}  // namespace tools::kvctl
