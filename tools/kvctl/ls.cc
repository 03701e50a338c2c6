// ls: the names directly below a prefix, as of files in a directory.
#include "tools/common/json_writer.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/pages.h"
#include "tools/kvctl/tree_options.h"

namespace tools::kvctl {
namespace {

class NameList {
 public:
  NameList(std::ostream& out, Format format) : out_(out), format_(format) {}

  void add(const std::string& name, bool directory) {
    if (format_ == Format::kSimple) {
      out_ << name << '\n';
      return;
    }
    JsonWriter json;
    json.begin_object();
    json.member("name", name);
    json.key("directory").boolean(directory).end_object();
    if (format_ == Format::kJsonl) {
      out_ << json.text() << '\n';
    } else {
      out_ << (std::exchange(any_, true) ? "," : "[") << json.text();
    }
  }
  void end() {
    if (format_ == Format::kJson) out_ << (any_ ? "]\n" : "[]\n");
  }
  [[nodiscard]] bool any() const { return any_; }

 private:
  std::ostream& out_;
  const Format format_;
  bool any_ = false;
};

Outcome<ExitCode> run_ls(Context& context) {
  const Format format = context.settings.format;
  if (format != Format::kSimple && format != Format::kJson && format != Format::kJsonl) {
    return refuse_usage("ls has the formats simple, json and jsonl");
  }
  TRY_ASSIGN(const TreeOptions tree, tree_options(context));
  Pages pages(context.client, {.range = range_below(tree.prefix),
                               .revision = context.options.number("rev"),
                               .keys_only = true,
                               .serializable = context.settings.serializable});
  NameList names(context.io.out, format);
  std::string directory;  // the last one that was printed, whole
  bool found = false;
  while (pages.more()) {
    TRY_ASSIGN(const auto page, pages.next());
    for (const auto& kv : page.kvs()) {
      found = true;
      if (!directory.empty() && kv.key().starts_with(directory)) continue;
      const std::string below = kv.key().substr(tree.prefix.size());
      const auto end = below.find(tree.delimiter);
      if (end == std::string::npos) {
        names.add(below, false);
        continue;
      }
      const std::string name = below.substr(0, end + tree.delimiter.size());
      directory = tree.prefix + name;
      names.add(name, true);
    }
    // What lies below the directory does not matter, however much it is.
    const bool inside = page.kvs_size() > 0 && !directory.empty() &&
                        page.kvs(page.kvs_size() - 1).key().starts_with(directory);
    if (pages.more() && inside) pages.skip_prefix(directory);
  }
  names.end();
  return found ? kExitOk : kExitNo;
}

}  // namespace

Command ls_command() {
  return {
      .spec = {.name = "ls",
               .arguments = "[PREFIX]",
               .summary = "Print the names directly below PREFIX, directories with the delimiter behind.",
               .details = "A directory is what several keys have in common up to a delimiter. Exits 1 when\n"
                          "nothing is there.",
               .options = kTreeOptions,
               .examples = "kvctl ls\n"
                           "kvctl ls app/cfg/\n"
                           "kvctl ls a. --delim . -w jsonl",
               .arguments_max = 1},
      .run = run_ls};
}

}  // namespace tools::kvctl
