// kvd: settings, then the node, then signals. Everything else is in the files beside it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "libkv/api/context.h"
#include "tools/common/exit_codes.h"
#include "tools/kvd/config.h"
#include "tools/kvd/join.h"
#include "tools/kvd/log.h"
#include "tools/kvd/node.h"
#include "tools/kvd/notify.h"
#include "tools/kvd/preflight.h"
#include "tools/kvd/signals.h"

namespace tools::kvd {
namespace {

using std::chrono::milliseconds;

using Clock = std::chrono::steady_clock;

constexpr milliseconds kStopLimit{5000};
/// Between two looks at what happened; shorter until this member serves.
constexpr milliseconds kPause{200};
constexpr milliseconds kPauseAtStart{20};

int complain(const std::string& text, int code) {
  std::fprintf(stderr, "kvd: %s\n", text.c_str());
  return code;
}

std::optional<std::string> from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::vector<std::string> environment_list() {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  return all;
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

/// Something to do every so often.
class Every {
 public:
  explicit Every(Clock::duration pause) : pause_(pause) {}
  bool due() {
    const auto now = Clock::now();
    if (now < next_) return false;
    next_ = now + pause_;
    return true;
  }

 private:
  const Clock::duration pause_;
  Clock::time_point next_;
};

/// Tells systemd how it goes: ready once, then the state now and then, and that the threads still move.
class Reporter {
 public:
  void report(Node& node) {
    if (!ready_ && node.ready()) {
      notify_ready(node.status_line());
      ready_ = true;
    }
    if (ready_ && status_.due()) notify_status(node.status_line());
    if (watchdog_ && watchdog_->due() && node.alive()) notify_watchdog();
  }
  [[nodiscard]] bool ready() const { return ready_; }

 private:
  static std::optional<Every> watchdog() {
    const auto interval = watchdog_interval();
    return interval ? std::optional<Every>(*interval / 3) : std::nullopt;
  }

  bool ready_ = false;
  Every status_{std::chrono::seconds(5)};
  std::optional<Every> watchdog_ = watchdog();
};

[[noreturn]] void stop(std::unique_ptr<Node> node, int signal, const raft::LogSink& log) {
  end_at_next_signal();
  notify_stopping();
  log(raft::LogLevel::kInfo, "event=stopping signal=" + std::to_string(signal));
  node->stop(kStopLimit);
  node.reset();
  log(raft::LogLevel::kInfo, "event=stopped");
  end_by_signal(signal);
}

/// Until a signal comes, which ends the process, or the disk fails, which gives its exit code; nothing when
/// the node is to be started again.
std::optional<int> serve(std::unique_ptr<Node> node, std::future<raft::Error> failed,
                         const raft::LogSink& log) {
  Reporter reporter;
  for (;;) {
    const auto signal = wait_for_signal(reporter.ready() ? kPause : kPauseAtStart);
    if (failed.wait_for(milliseconds(0)) == std::future_status::ready) {
      const raft::Error error = failed.get();
      node->stop(milliseconds(0));
      return complain(error.text() + "; this member has stopped", exit_code(error));
    }
    if (node->removed()) {
      node->stop(milliseconds(0));
      return complain("this member was removed from the cluster; its data is of no more use to it",
                      kExitConfig);
    }
    if (signal) stop(std::move(node), *signal, log);
    if (node->must_restart()) {
      notify_status("replacing its state");
      node->stop(kStopLimit);
      return std::nullopt;
    }
    node->tick();
    reporter.report(*node);
  }
}

int run(const Checked& checked) {
  block_signals();
  const raft::LogSink log = make_log({.level = checked.config.log_level,
                                      .json = checked.config.log_json,
                                      .journal = std::getenv("JOURNAL_STREAM") != nullptr});
  for (const std::string& warning : checked.warnings)
    log(raft::LogLevel::kWarning, "event=setting " + warning);
  if (const auto obstacle = find_obstacle(checked.config))
    return complain(obstacle->text, obstacle->exit_code);
  for (;;) {
    std::promise<raft::Error> failure;
    auto failed = failure.get_future();
    auto node = Node::start(checked.config, log, [&](const raft::Error& error) { failure.set_value(error); });
    if (!node) return complain(node.error().text(), exit_code(node.error()));
    if (const auto code = serve(std::move(*node), std::move(failed), log)) return *code;
  }
}

/// For `config check`, of settings without faults.
int report_check(const Checked& checked) {
  for (const std::string& warning : checked.warnings)
    std::fprintf(stderr, "kvd: note: %s\n", warning.c_str());
  const auto obstacle = find_obstacle(checked.config);
  return obstacle ? complain(obstacle->text, obstacle->exit_code) : kExitOk;
}

int main_with(std::vector<std::string> arguments) {
  const bool check_only = arguments.size() >= 2 && arguments[0] == "config" && arguments[1] == "check";
  const bool join = !arguments.empty() && arguments[0] == "join";
  if (check_only) arguments.erase(arguments.begin(), arguments.begin() + 2);
  if (join) arguments.erase(arguments.begin());
  const auto settings = gather(arguments);
  if (!settings) return settings.error();
  if (is_switched_on(*settings, "help"))
    return std::fputs(help_text().c_str(), stdout) < 0 ? kExitIo : kExitOk;
  if (is_switched_on(*settings, "version")) return print_version(), kExitOk;
  if (const auto missing = join ? missing_for_join(*settings) : std::nullopt)
    return complain(*missing, kExitUsage);
  Checked checked = check(*settings);
  for (const std::string& name : unknown_variables(environment_list())) {
    checked.warnings.push_back(name + " in the environment is not the name of an option");
  }
  for (const std::string& fault : checked.faults) complain(fault, kExitConfig);
  if (!checked.faults.empty()) return kExitConfig;
  if (check_only) return report_check(checked);
  return run(checked);
}

}  // namespace
}  // namespace tools::kvd

int main(int argc, char** argv) {
  return tools::kvd::main_with(std::vector<std::string>(argv + 1, argv + argc));
}
