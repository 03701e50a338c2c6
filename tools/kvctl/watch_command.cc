#include "tools/kvctl/watch_command.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "tools/common/escape.h"
#include "tools/kvctl/output.h"

namespace tools::kvctl {
namespace {

/// A file without a name.
class MemoryFile {
 public:
  MemoryFile() : handle_(memfd_create("kvctl-event", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (handle_ >= 0) close(handle_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  Outcome<void> fill(std::string_view bytes) {
    while (handle_ >= 0 && !bytes.empty()) {
      const ssize_t written = write(handle_, bytes.data(), bytes.size());
      if (written < 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (bytes.empty() && lseek(handle_, 0, SEEK_SET) == 0) return {};
    return refuse(kExitOs, "memory for an event: " + std::generic_category().message(errno));
  }
  [[nodiscard]] int handle() const { return handle_; }

 private:
  int handle_;
};

}  // namespace

Variables variables_of(const mvccpb::Event& event, std::int64_t revision) {
  const std::string type(event_type(event));
  Variables all = {
      {"ETCD_WATCH_REVISION", std::to_string(revision)},
      {"ETCD_WATCH_EVENT_TYPE", quote(type)},
      {"ETCD_WATCH_KEY", quote(event.kv().key())},
      {"ETCD_WATCH_VALUE", quote(event.kv().value())},
      {"KV_TYPE", type},
      {"KV_KEY", event.kv().key()},
      {"KV_VALUE", event.kv().value()},
      {"KV_REV", std::to_string(event.kv().mod_revision())},
  };
  if (event.has_prev_kv()) all.emplace_back("KV_PREV_VALUE", event.prev_kv().value());
  return all;
}

Outcome<int> run_for_event(const std::vector<std::string>& words, const mvccpb::Event& event,
                           std::int64_t revision) {
  MemoryFile input;
  TRY(input.fill(event_line(event) + "\n"));
  return run_child({.words = words, .variables = variables_of(event, revision), .input = input.handle()});
}

}  // namespace tools::kvctl
