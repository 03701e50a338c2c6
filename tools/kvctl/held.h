// What is held for as long as a command runs, or until a signal: a lock, an office, a lease.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "tools/kvctl/child.h"
#include "tools/kvctl/command.h"
#include "tools/kvctl/line.h"
#include "tools/kvctl/session.h"
#include "tools/kvctl/signals.h"

namespace tools::kvctl {

/// Sees at once when our key is deleted, which the keeping of the lease would tell later or never. Thread:
/// one, and one of its own.
class KeyGuard {
 public:
  KeyGuard(Client& client, Dialer& dialer, Bell& bell, Place place);
  ~KeyGuard();
  KeyGuard(const KeyGuard&) = delete;
  KeyGuard& operator=(const KeyGuard&) = delete;

  /// With the bell's mutex held.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  void watch();
  /// False: the key is gone, or whether it is cannot be found out.
  bool read_again(std::int64_t& revision);

  Client& client_;
  Dialer& dialer_;
  Bell& bell_;
  const Place place_;
  bool closing_ = false;
  bool lost_ = false;
  std::thread thread_;  // last: starts when the rest is there
};

struct Held {
  std::string what;  ///< "lock", for words
  Session& session;
  const KeyGuard* guard = nullptr;  ///< null: there is no key
};

/// Without words: until a signal comes (its exit code, 128 and its number) or what is held is lost
/// (kExitLost). With words: until the command ends (its exit code). When what is held is lost, the command
/// gets SIGTERM, and SIGKILL session.margin() later. Signals are passed on to it. Where standard input is no
/// terminal, it leads a process group, and all of that is meant.
Outcome<ExitCode> run_while_held(Context& context, Bell& bell, SignalCatcher& signals, const Held& held,
                                 std::vector<std::string> words, Variables variables);

/// Ends the session, and says so where that fails: its time will do it.
void let_go(Context& context, Session& session);

/// As a command that SIGINT or the like has ended.
ExitCode exit_of_signal(int number);

}  // namespace tools::kvctl
