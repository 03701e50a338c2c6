// kvd: settings, then the node, then signals. Everything else is in the files beside it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <vector>

#include "libkv/api/context.h"
#include "tools/common/exit_codes.h"
#include "tools/kvd/config.h"
#include "tools/kvd/log.h"
#include "tools/kvd/node.h"
#include "tools/kvd/notify.h"
#include "tools/kvd/signals.h"

namespace tools::kvd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopLimit{5000};

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "kvd: %s\n", text.c_str());
  return code;
}

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void print_version() {
  // The first line is etcd's, for scripts that look for it; it names the API that is spoken.
  std::printf("etcd Version: %s\nkvd Version: %s\n", std::string(kv::api::kEtcdVersion).c_str(), KVD_VERSION);
}

bool is_switched_on(const Settings& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found != settings.end() && found->second.value != "false";
}

/// The settings of the command line, the environment and the file; or the exit code after having complained.
std::expected<Settings, int> gather(const std::vector<std::string>& arguments) {
  auto settings = parse_arguments(arguments);
  if (!settings) return std::unexpected(complain(settings.error().text(), kExitUsage));
  add_environment(*settings, from_environment);
  const auto file = settings->find("config-file");
  if (file == settings->end()) return std::move(*settings);
  const std::string path = file->second.value;
  std::ifstream in(path);
  if (!in) return std::unexpected(complain(path + ": cannot be read; see --config-file", kExitNoInput));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (auto added = add_file(*settings, text, path); !added) {
    return std::unexpected(complain(added.error().text(), kExitConfig));
  }
  return std::move(*settings);
}

/// Serves until a signal comes or the disk fails.
int run(const Checked& checked) {
  block_signals();
  const raft::LogSink log = make_log({.level = checked.config.log_level,
                                      .json = checked.config.log_json,
                                      .journal = std::getenv("JOURNAL_STREAM") != nullptr});
  for (const std::string& warning : checked.warnings)
    log(raft::LogLevel::kWarning, "event=setting " + warning);
  std::promise<raft::Error> failure;
  auto failed = failure.get_future();
  auto node = Node::start(checked.config, log, [&](const raft::Error& error) { failure.set_value(error); });
  if (!node) return complain(node.error().text(), exit_code(node.error()));

  const auto watchdog = watchdog_interval();
  const milliseconds pause =
      watchdog ? std::chrono::duration_cast<milliseconds>(*watchdog / 3) : milliseconds(200);
  bool told_ready = false;
  for (;;) {
    const auto signal = wait_for_signal(told_ready ? pause : milliseconds(20));
    if (failed.wait_for(milliseconds(0)) == std::future_status::ready) {
      const raft::Error error = failed.get();
      (*node)->stop(milliseconds(0));
      return complain(error.text() + "; this member has stopped", exit_code(error));
    }
    if (signal) {
      notify_stopping();
      log(raft::LogLevel::kInfo, "event=stopping signal=" + std::to_string(*signal));
      (*node)->stop(kStopLimit);
      node->reset();
      end_by_signal(*signal);
    }
    if (!told_ready && (*node)->ready()) {
      notify_ready((*node)->status_line());
      told_ready = true;
    }
    if (watchdog && (*node)->alive()) notify_watchdog();
  }
}

int main_with(std::vector<std::string> arguments) {
  const bool check_only = arguments.size() >= 2 && arguments[0] == "config" && arguments[1] == "check";
  if (check_only) arguments.erase(arguments.begin(), arguments.begin() + 2);
  const auto settings = gather(arguments);
  if (!settings) return settings.error();
  if (is_switched_on(*settings, "help"))
    return std::fputs(help_text().c_str(), stdout) < 0 ? kExitIo : kExitOk;
  if (is_switched_on(*settings, "version")) return print_version(), kExitOk;
  const Checked checked = check(*settings);
  for (const std::string& fault : checked.faults) complain(fault, kExitConfig);
  if (!checked.faults.empty()) return kExitConfig;
  if (check_only) return kExitOk;
  return run(checked);
}

}  // namespace
}  // namespace tools::kvd

int main(int argc, char** argv) {
  return tools::kvd::main_with(std::vector<std::string>(argv + 1, argv + argc));
}
