// du: how much lies below a prefix, directory by directory.
#include <map>

#include "libraft/base/utf8.h"
#include "tools/common/escape.h"
#include "tools/common/json_writer.h"
#include "tools/common/table.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/pages.h"
#include "tools/kvctl/tree_options.h"

namespace tools::kvctl {
namespace {

constexpr auto kDuOptions = concat(kTreeOptions, kDepthOptions);

struct Usage {
  std::uint64_t bytes = 0;  ///< of keys and values, as they are now
  std::uint64_t keys = 0;
  std::uint64_t changes = 0;  ///< of these keys since each was created
};
using Usages = std::map<std::string, Usage>;

void count(Usage& usage, const mvccpb::KeyValue& kv) {
  usage.bytes += kv.key().size() + kv.value().size();
  ++usage.keys;
  usage.changes += static_cast<std::uint64_t>(kv.version());
}

/// Into every directory on the way to the key.
void count_all(Usages& usages, const TreeOptions& options, const mvccpb::KeyValue& kv, std::uint64_t depth) {
  count(usages[options.prefix], kv);
  std::size_t from = options.prefix.size();
  for (std::uint64_t level = 1; depth == 0 || level <= depth; ++level) {
    const auto end = kv.key().find(options.delimiter, from);
    if (end == std::string::npos) return;
    from = end + options.delimiter.size();
    count(usages[kv.key().substr(0, from)], kv);
  }
}

std::string line_of(const std::string& name, const Usage& usage) {
  JsonWriter json;
  json.begin_object();
  json.member("name", name);
  json.key("bytes").unsigned_number(usage.bytes).key("keys").unsigned_number(usage.keys);
  return json.key("changes").unsigned_number(usage.changes).end_object().take();
}

Outcome<void> print_usages(std::ostream& out, Format format, const Usages& usages) {
  std::vector<std::vector<std::string>> rows;
  std::string array;
  for (const auto& [name, usage] : usages) {
    const std::string shown = name.empty() ? "." : raft::is_utf8(name) ? name : hex_escape(name);
    switch (format) {
      case Format::kSimple:
        out << usage.bytes << '\t' << usage.keys << '\t' << usage.changes << '\t' << shown << '\n';
        break;
      case Format::kTable:
        rows.push_back(
            {std::to_string(usage.bytes), std::to_string(usage.keys), std::to_string(usage.changes), shown});
        break;
      case Format::kJsonl:
        out << line_of(name, usage) << '\n';
        break;
      case Format::kJson:
        array += (array.empty() ? "" : ",") + line_of(name, usage);
        break;
      case Format::kRaw:
      case Format::kFields:
        return refuse_usage("du has the formats simple, table, json and jsonl");
    }
  }
  if (format == Format::kTable) out << draw_table({"bytes", "keys", "changes", "name"}, rows);
  if (format == Format::kJson) out << '[' << array << "]\n";
  return {};
}

Outcome<ExitCode> run_du(Context& context) {
  TRY_ASSIGN(const TreeOptions options, tree_options(context));
  const auto depth = static_cast<std::uint64_t>(context.options.number("depth"));
  Usages usages;
  const auto visit = [&](const mvccpb::KeyValue& kv) -> Outcome<void> {
    count_all(usages, options, kv, depth);
    return {};
  };
  TRY(for_each_key(context.client,
                   {.range = range_below(options.prefix),
                    .revision = context.options.number("rev"),
                    .serializable = context.settings.serializable},
                   visit));
  TRY(print_usages(context.io.out, context.settings.format, usages));
  return usages.empty() ? kExitNo : kExitOk;
}

}  // namespace

Command du_command() {
  return {
      .spec = {.name = "du",
               .arguments = "[PREFIX]",
               .summary = "Print how much lies below PREFIX and each directory in it: bytes, keys, changes.",
               .details = "Bytes are those of keys and values as they are now; history and overhead come on\n"
                          "top. Changes: how often these keys were written since they were created. Exits 1\n"
                          "when nothing is there.",
               .options = kDuOptions,
               .examples = "kvctl du --depth 1 | sort -n\n"
                           "kvctl du app/ -w table",
               .arguments_max = 1},
      .run = run_du};
}

}  // namespace tools::kvctl
