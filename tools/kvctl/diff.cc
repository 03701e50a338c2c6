// diff: two prefixes, two revisions, two clusters, or a snapshot and a cluster.
#include <array>
#include <functional>

#include "libraft/base/utf8.h"
#include "tools/common/escape.h"
#include "tools/common/json_writer.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/diff_side.h"

namespace tools::kvctl {
namespace {

using Pair = std::optional<mvccpb::KeyValue>;

constexpr std::array kDiffOptions = {
    OptionSpec{.name = "from-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "the first side as of revision N; 0: the newest"},
    OptionSpec{.name = "to-rev",
               .kind = ValueKind::kCount,
               .placeholder = "N",
               .help = "the second side as of revision N; 0: the newest"},
    OptionSpec{.name = "to-endpoints",
               .kind = ValueKind::kText,
               .placeholder = "LIST",
               .help = "the second side is there"},
    OptionSpec{.name = "snapshot",
               .kind = ValueKind::kText,
               .placeholder = "FILE",
               .help = "the first side is this file"},
    OptionSpec{.name = "values", .help = "simple format: print the values too"},
};

class DiffPrinter {
 public:
  explicit DiffPrinter(const Context& context)
      : out_(context.io.out),
        jsonl_(context.settings.format == Format::kJsonl),
        values_(context.options.on("values")) {}

  void print(const Pair& before, const Pair& after) {
    any_ = true;
    const char sign = !before ? '+' : !after ? '-' : '~';
    const std::string& key = before ? before->key() : after->key();
    if (jsonl_) return line(sign, key, before, after);
    out_ << sign << ' ' << shown(key) << '\n';
    if (!values_) return;
    if (before) out_ << "  - " << shown(before->value()) << '\n';
    if (after) out_ << "  + " << shown(after->value()) << '\n';
  }
  [[nodiscard]] bool any() const { return any_; }

 private:
  static std::string shown(const std::string& bytes) {
    return raft::is_utf8(bytes) ? bytes : hex_escape(bytes);
  }
  void line(char sign, const std::string& key, const Pair& before, const Pair& after) {
    JsonWriter json;
    json.begin_object();
    json.key("change").string(sign == '+' ? "added" : sign == '-' ? "removed" : "changed");
    json.member("key", key);
    if (before) json.member("before", before->value());
    if (after) json.member("after", after->value());
    out_ << json.end_object().take() << '\n';
  }

  std::ostream& out_;
  const bool jsonl_;
  const bool values_;
  bool any_ = false;
};

/// Both are in order of keys, so that one walk finds everything.
Outcome<void> compare_sides(DiffSide& first, DiffSide& second, DiffPrinter& printer) {
  TRY_ASSIGN(Pair before, first.next());
  TRY_ASSIGN(Pair after, second.next());
  while (before || after) {
    const int order = !before ? 1 : !after ? -1 : before->key().compare(after->key());
    if (order < 0) printer.print(before, std::nullopt);
    if (order > 0) printer.print(std::nullopt, after);
    if (order == 0 && before->value() != after->value()) printer.print(before, after);
    if (order <= 0) {
      TRY_ASSIGN(before, first.next());
    }
    if (order >= 0) {
      TRY_ASSIGN(after, second.next());
    }
  }
  return {};
}

struct DiffPlan {
  std::string first_prefix;
  std::string second_prefix;
};

Outcome<DiffPlan> diff_plan(const Context& context) {
  const Parsed& options = context.options;
  const Format format = context.settings.format;
  if (format != Format::kSimple && format != Format::kJsonl) {
    return refuse_usage("diff has the formats simple and jsonl");
  }
  DiffPlan plan;
  const auto& arguments = options.arguments();
  if (!arguments.empty()) plan.first_prefix = plan.second_prefix = arguments[0];
  if (arguments.size() > 1) plan.second_prefix = arguments[1];
  const bool differs = arguments.size() > 1 || options.given("from-rev") || options.given("to-rev") ||
                       options.given("to-endpoints") || options.given("snapshot");
  if (!differs) return refuse_usage("there is nothing to compare with: see kvctl diff --help");
  if (options.given("snapshot") && options.given("from-rev")) {
    return refuse_usage("--snapshot and --from-rev exclude each other");
  }
  return plan;
}

PagesOptions pages_of(const Context& context, const std::string& prefix, std::string_view revision) {
  return {.range = range_below(prefix),
          .revision = context.options.number(revision),
          .serializable = context.settings.serializable};
}

Outcome<ExitCode> run_diff(Context& context) {
  TRY_ASSIGN(const DiffPlan plan, diff_plan(context));
  std::unique_ptr<DiffSide> first;
  if (context.options.given("snapshot")) {
    TRY_ASSIGN(first, snapshot_side(context.options.text("snapshot"), plan.first_prefix));
  } else {
    first = cluster_side(context.client, plan.first_prefix, pages_of(context, plan.first_prefix, "from-rev"));
  }
  Settings elsewhere = context.settings;
  if (context.options.given("to-endpoints")) {
    TRY_ASSIGN(elsewhere.endpoints, parse_endpoints(context.options.text("to-endpoints")));
  }
  Client other(elsewhere, context.dialer, nullptr);
  const auto second =
      cluster_side(other, plan.second_prefix, pages_of(context, plan.second_prefix, "to-rev"));
  DiffPrinter printer(context);
  TRY(compare_sides(*first, *second, printer));
  return printer.any() ? kExitNo : kExitOk;
}

}  // namespace

Command diff_command() {
  return {
      .spec = {.name = "diff",
               .arguments = "[PREFIX [PREFIX2]]",
               .summary = "Print which keys and values differ between two places or two times.",
               .details = "The first side is what lies below PREFIX, the second what lies below PREFIX2 or,\n"
                          "without it, PREFIX again. - is only in the first, + only in the second, ~ has\n"
                          "another value. Exits 1 when anything differs.",
               .options = kDiffOptions,
               .examples = "kvctl diff app/ --from-rev 1200\n"
                           "kvctl diff staging/ production/ --values\n"
                           "kvctl diff --to-endpoints 10.0.0.9:2379 -w jsonl\n"
                           "kvctl diff --snapshot backup.kvsnap",
               .arguments_max = 2},
      .run = run_diff};
}

}  // namespace tools::kvctl
