// tree: every key below a prefix, drawn as directories.
#include <map>
#include <memory>

#include "libraft/base/utf8.h"
#include "tools/common/escape.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/pages.h"
#include "tools/kvctl/tree_options.h"

namespace tools::kvctl {
namespace {

constexpr auto kTreeCommandOptions = concat(kTreeOptions, kDepthOptions);

struct Branch {
  std::map<std::string, Branch> below;  ///< by name; directories end in the delimiter
};

struct Drawing {
  std::ostream& out;
  std::uint64_t directories = 0;
  std::uint64_t keys = 0;
};

/// Adds the path of a key, cut at `depth` directories.
void grow(Branch& root, const TreeOptions& options, std::string_view path, std::uint64_t depth) {
  Branch* at = &root;
  for (std::uint64_t level = 1; !path.empty(); ++level) {
    const auto end = path.find(options.delimiter);
    if (end == std::string_view::npos) {
      at->below.try_emplace(std::string(path));
      return;
    }
    const std::size_t length = end + options.delimiter.size();
    at = &at->below[std::string(path.substr(0, length))];
    if (depth != 0 && level >= depth) return;
    path.remove_prefix(length);
  }
}

/// Depth is bounded by the length of a key.
void draw(Drawing& drawing, const Branch& branch, const std::string& indent, std::string_view delimiter) {
  for (auto child = branch.below.begin(); child != branch.below.end(); ++child) {
    const bool last = std::next(child) == branch.below.end();
    const std::string& name = child->first;
    ++(name.ends_with(delimiter) ? drawing.directories : drawing.keys);
    drawing.out << indent << (last ? "└── " : "├── ") << (raft::is_utf8(name) ? name : hex_escape(name))
                << '\n';
    draw(drawing, child->second, indent + (last ? "    " : "│   "), delimiter);
  }
}

Outcome<ExitCode> run_tree(Context& context) {
  if (context.settings.format != Format::kSimple) return refuse_usage("tree has the format simple only");
  TRY_ASSIGN(const TreeOptions options, tree_options(context));
  const auto depth = static_cast<std::uint64_t>(context.options.number("depth"));
  Branch root;
  const auto visit = [&](const mvccpb::KeyValue& kv) -> Outcome<void> {
    grow(root, options, std::string_view(kv.key()).substr(options.prefix.size()), depth);
    return {};
  };
  TRY(for_each_key(context.client,
                   {.range = range_below(options.prefix),
                    .revision = context.options.number("rev"),
                    .keys_only = true,
                    .serializable = context.settings.serializable},
                   visit));
  context.io.out << (options.prefix.empty() ? "." : options.prefix) << '\n';
  Drawing drawing{context.io.out};
  draw(drawing, root, "", options.delimiter);
  if (auto* notices = context.notices()) {
    *notices << drawing.directories << " directories, " << drawing.keys << " keys\n";
  }
  return root.below.empty() ? kExitNo : kExitOk;
}

}  // namespace

Command tree_command() {
  return {.spec = {.name = "tree",
                   .arguments = "[PREFIX]",
                   .summary = "Draw the keys below PREFIX as a tree.",
                   .details = "Exits 1 when nothing is there.",
                   .options = kTreeCommandOptions,
                   .examples = "kvctl tree app/ --depth 2",
                   .arguments_max = 1},
          .run = run_tree};
}

}  // namespace tools::kvctl
