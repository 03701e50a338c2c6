// edit: a key's value in an editor, written back only if nobody else wrote meanwhile.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/kvctl/command.h"
#include "tools/kvctl/conditions.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

/// A file of its own in a directory of its own, both gone at the end unless they are to stay.
class Draft {
 public:
  Draft() = default;
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;
    if (!keep_ && !directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }

  Outcome<void> make(const std::string& value) {
    const char* const base = std::getenv("TMPDIR");
    std::string pattern = std::string(base != nullptr ? base : "/tmp") + "/kvctl-edit-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      return refuse(kExitCantCreate, pattern + ": " + std::generic_category().message(errno));
    }
    directory_ = pattern;
    std::ofstream out(path(), std::ios::binary);
    out << value;
    out.close();
    if (!out) return refuse(kExitIo, path() + ": cannot be written");
    return {};
  }
  Outcome<std::string> read() const {
    std::ifstream in(path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return refuse(kExitNoInput, path() + ": cannot be read");
    return std::move(text).str();
  }
  [[nodiscard]] std::string path() const { return directory_ + "/value"; }
  void keep() { keep_ = true; }

 private:
  std::string directory_;
  bool keep_ = false;
};

std::string editor() {
  for (const char* const name : {"KVCTL_EDITOR", "VISUAL", "EDITOR"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "vi";
}

/// The editor is a command line: the shell takes it apart.
Outcome<void> run_editor(const std::string& path) {
  const std::string command = editor() + " \"$0\"";
  const pid_t child = ::fork();
  if (child < 0) return refuse(kExitOs, "fork: " + std::generic_category().message(errno));
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), path.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return refuse(kExitOs, "waitpid: " + std::generic_category().message(errno));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return refuse(kExitNo, "the editor, " + editor() + ", failed; nothing was written");
}

Outcome<ExitCode> write_back(Context& context, const std::string& key, std::int64_t modified,
                             std::string value) {
  etcdserverpb::Compare unchanged;
  unchanged.set_key(key);
  unchanged.set_target(etcdserverpb::Compare::MOD);
  unchanged.set_mod_revision(modified);
  etcdserverpb::RequestOp write;
  auto& put = *write.mutable_request_put();
  put.set_key(key);
  put.set_value(std::move(value));
  put.set_ignore_lease(modified != 0);
  TRY(write_if(context.client, key, {unchanged}, std::move(write)));
  context.io.out << "OK\n";
  return kExitOk;
}

Outcome<ExitCode> run_edit(Context& context) {
  TRY_ASSIGN(const std::string key, read_key(context.options, context.options.arguments()[0]));
  etcdserverpb::RangeRequest request;
  request.set_key(key);
  TRY_ASSIGN(const auto found, context.client.call<etcdserverpb::RangeResponse>(kRange, request));
  const bool there = found.kvs_size() > 0;
  const std::string before = there ? found.kvs(0).value() : std::string();
  Draft draft;
  TRY(draft.make(before));
  TRY(run_editor(draft.path()));
  TRY_ASSIGN(std::string after, draft.read());
  if (there && after == before) {
    if (auto* notices = context.notices()) *notices << "nothing changed\n";
    return kExitOk;
  }
  auto written = write_back(context, key, there ? found.kvs(0).mod_revision() : 0, std::move(after));
  if (written) return written;
  // What was typed must not be lost.
  draft.keep();
  Failure failure = std::move(written.error());
  failure.text += "; what you wrote is in " + draft.path();
  return refuse(std::move(failure));
}

}  // namespace

Command edit_command() {
  return {.spec = {.name = "edit",
                   .arguments = "KEY",
                   .summary = "Change a key's value in an editor.",
                   .details = "The editor is $KVCTL_EDITOR, $VISUAL or $EDITOR. Nothing is written when the\n"
                              "editor fails or nothing was changed, and nothing when someone else wrote the\n"
                              "key meanwhile: exit 2, and the file that you wrote stays.",
                   .options = kKeyOptions,
                   .examples = "EDITOR=nano kvctl edit cfg/x",
                   .arguments_min = 1,
                   .arguments_max = 1},
          .run = run_edit};
}

}  // namespace tools::kvctl
