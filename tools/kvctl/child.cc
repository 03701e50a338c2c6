#include "tools/kvctl/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace tools::kvctl {
namespace {

/// The kernel refuses strings of 128 KiB (MAX_ARG_STRLEN), name and all.
constexpr std::size_t kVariableBytesMax = 120 * 1024;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const Variables& variables) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const bool replaced = std::ranges::any_of(
        variables, [text](const auto& variable) { return text.starts_with(variable.first + "="); });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : variables) {
    if (fits_environment(value)) all.push_back(name + "=" + value);
  }
  return all;
}

/// In the child: only calls that are safe while other threads of the parent hold locks.
[[noreturn]] void become(char* const* words, char* const* environment, const ChildOptions& options,
                         int report) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (options.own_group) setpgid(0, 0);
  if (options.input >= 0) dup2(options.input, STDIN_FILENO);
  execvpe(words[0], words, environment);
  const int error = errno;
  static_cast<void>(!write(report, &error, sizeof(error)));
  _exit(kExitNotFound);
}

Failure cannot_run(const std::string& program, int error) {
  const ExitCode exit = error == ENOENT || error == ENOTDIR ? kExitNotFound : kExitCannotRun;
  return {exit, program + ": " + std::generic_category().message(error)};
}

}  // namespace

bool fits_environment(const std::string& value) {
  return value.size() <= kVariableBytesMax && value.find('\0') == std::string::npos;
}

Outcome<std::unique_ptr<Child>> Child::start(Bell& bell, const ChildOptions& options) {
  std::vector<std::string> words = options.words;
  std::vector<std::string> environment = environment_with(options.variables);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> environment_pointers = pointers(environment);
  int report[2];  // closed by a successful exec; otherwise it carries the error
  if (pipe2(report, O_CLOEXEC) != 0)
    return refuse(kExitOs, "pipe: " + std::generic_category().message(errno));
  const pid_t pid = fork();
  if (pid == 0) become(word_pointers.data(), environment_pointers.data(), options, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  const ssize_t told = pid < 0 ? 0 : read(report[0], &error, sizeof(error));
  close(report[0]);
  if (pid < 0) return refuse(kExitOs, "fork: " + std::generic_category().message(fork_error));
  // Here too, so that a signal to the group cannot come before there is one.
  if (options.own_group) setpgid(pid, pid);
  if (told == sizeof(error)) {
    waitpid(pid, nullptr, 0);
    return refuse(cannot_run(options.words[0], error));
  }
  return std::make_unique<Child>(bell, Process{pid, options.own_group});
}

Child::Child(Bell& bell, Process process) : bell_(bell), process_(process), waiter_([this] { wait(); }) {}

Child::~Child() {
  waiter_.join();
}

void Child::wait() {
  // The process is not buried before ended_ is set: its number cannot be given to others that we would hit.
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(bell_.mutex);
  if (sweep_ && process_.own_group) kill(-process_.pid, SIGKILL);
  waitpid(process_.pid, nullptr, 0);
  exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  ended_ = true;
  bell_.changed.notify_all();
}

void Child::signal(int number) {
  const std::lock_guard lock(bell_.mutex);
  if (!ended_) kill(process_.own_group ? -process_.pid : process_.pid, number);
}

void Child::sweep_behind() {
  const std::lock_guard lock(bell_.mutex);
  sweep_ = true;
}

Outcome<int> run_child(const ChildOptions& options) {
  Bell bell;
  TRY_ASSIGN(const auto child, Child::start(bell, options));
  std::unique_lock lock(bell.mutex);
  bell.changed.wait(lock, [&child] { return child->ended(); });
  return child->exit_code();
}

}  // namespace tools::kvctl
