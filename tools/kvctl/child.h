// A command that kvctl runs for its user.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/common/outcome.h"
#include "tools/kvctl/bell.h"

namespace tools::kvctl {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct ChildOptions {
  std::vector<std::string> words;  ///< the program, looked up in PATH, and its arguments
  Variables variables;     ///< beside our own environment; those that no environment can hold are left out
  int input = -1;          ///< a file to be its standard input; -1: ours
  bool own_group = false;  ///< it leads a process group, which signals reach as a whole
};

/// What an environment can hold: no zero bytes, and not more than the kernel takes.
bool fits_environment(const std::string& value);

/// Thread: one; a thread of its own waits for the end.
class Child {
 public:
  struct Process {
    pid_t pid = 0;
    bool own_group = false;
  };

  /// Failures: kExitNotFound, kExitCannotRun.
  static Outcome<std::unique_ptr<Child>> start(Bell& bell, const ChildOptions& options);
  /// A process that was started, and that nobody else waits for.
  Child(Bell& bell, Process process);
  /// Waits for its end.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// To it, or to its group. Nothing once it has ended.
  void signal(int number);
  /// What is left of its group is to be killed when it has ended.
  void sweep_behind();

  // With the bell's mutex held:

  [[nodiscard]] bool ended() const { return ended_; }
  /// Once it has ended: as a shell has it, 128 and its number for a signal.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  void wait();

  Bell& bell_;
  const Process process_;
  bool sweep_ = false;
  bool ended_ = false;
  int exit_code_ = 0;
  std::thread waiter_;  // last: starts when the rest is there
};

/// Runs a command to its end. Its exit code. Failures: of Child::start.
Outcome<int> run_child(const ChildOptions& options);

}  // namespace tools::kvctl
