#include "tools/kvctl/watch_dialogue.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/kvctl/txn_text.h"
#include "tools/kvctl/watch_events.h"
#include "tools/kvctl/watch_request.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::WatchResponse;

/// Standard output, standard error and the exit code, which all watches share.
class SharedVoice {
 public:
  explicit SharedVoice(const Context& context) : context_(context) {}

  void complain(const std::string& text) {
    const std::lock_guard lock(mutex_);
    context_.io.err << text << std::endl;
  }
  Outcome<int> tell(const std::vector<std::string>& command, const WatchResponse& response) {
    const std::lock_guard lock(mutex_);
    return tell_events(context_, command, response);
  }
  void fail(ExitCode exit) {
    const std::lock_guard lock(mutex_);
    exit_ = exit;
  }
  [[nodiscard]] ExitCode exit() {
    const std::lock_guard lock(mutex_);
    return exit_;
  }

 private:
  const Context& context_;
  std::mutex mutex_;
  ExitCode exit_ = kExitOk;
};

/// One watch, on a thread of its own from start() on.
class LineWatch {
 public:
  LineWatch(const Context& context, SharedVoice& voice, WatchWords words, std::vector<std::string> command)
      : voice_(voice),
        limit_(words.limit),
        command_(std::move(command)),
        watcher_(context.client, context.dialer, bell_, context.notices(), std::move(words.watch)) {}
  ~LineWatch() {
    {
      const std::lock_guard lock(bell_.mutex);
      stopping_ = true;
      bell_.changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }
  LineWatch(const LineWatch&) = delete;
  LineWatch& operator=(const LineWatch&) = delete;

  /// Once it has returned, what happens from then on is seen.
  Outcome<void> start() {
    TRY(watcher_.open());
    thread_ = std::thread([this] { follow(); });
    return {};
  }
  void ask_progress() { watcher_.ask_progress(); }

 private:
  void follow() {
    const auto ending = print_events(
        watcher_, limit_, SteadyTime::max(), [this] { return stopping_; },
        [this](const WatchResponse& response) { return voice_.tell(command_, response); });
    if (!ending) {
      voice_.complain("Error: " + ending.error().text);
      voice_.fail(ending.error().exit);
    } else if (ending->exit != 0) {
      voice_.fail(static_cast<ExitCode>(ending->exit));
    }
  }

  SharedVoice& voice_;
  const std::int64_t limit_;
  const std::vector<std::string> command_;
  Bell bell_;
  bool stopping_ = false;  // guarded by the bell's mutex
  Watcher watcher_;
  std::thread thread_;
};

class Dialogue {
 public:
  explicit Dialogue(const Context& context) : context_(context), voice_(context) {}

  ExitCode run() {
    for (std::string line; std::getline(context_.io.in, line);) {
      if (auto done = obey(line); !done) {
        voice_.complain("Invalid command " + line + " (" + done.error().text + ")");
      }
    }
    watches_.clear();
    return voice_.exit();
  }

 private:
  Outcome<void> obey(const std::string& line) {
    TRY_ASSIGN(std::vector<std::string> words, split_words(line));
    const std::string verb = words.empty() ? "" : words.front();
    if (verb == "progress") {
      for (const auto& watch : watches_) watch->ask_progress();
      return {};
    }
    if (verb != "watch") return refuse_usage("watch and progress supported");
    words.erase(words.begin());
    const auto dashes = std::ranges::find(words, "--");
    std::vector<std::string> command;
    if (dashes != words.end()) command.assign(dashes + 1, words.end());
    words.erase(dashes, words.end());
    const OptionParser parser(kWatchOptions, {});
    TRY_ASSIGN(const Parsed parsed, parser.parse(words, [](const auto&) { return std::nullopt; }, {}));
    if (parsed.arguments().size() > 2) return refuse_usage("too many arguments");
    TRY_ASSIGN(WatchWords wanted, read_watch(parsed));
    auto watch = std::make_unique<LineWatch>(context_, voice_, std::move(wanted), std::move(command));
    TRY(watch->start());
    watches_.push_back(std::move(watch));
    return {};
  }

  const Context& context_;
  SharedVoice voice_;
  std::vector<std::unique_ptr<LineWatch>> watches_;
};

}  // namespace

Outcome<ExitCode> run_watch_dialogue(const Context& context) {
  if (!context.options.arguments().empty() || !context.command.empty()) {
    return refuse_usage("with -i keys and commands stand on the lines of standard input");
  }
  return Dialogue(context).run();
}

}  // namespace tools::kvctl
