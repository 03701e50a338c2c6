// Signals that must not end kvctl before it has given back what it holds.
#pragma once

#include <signal.h>

#include <deque>
#include <optional>
#include <thread>

#include "tools/kvctl/bell.h"

namespace tools::kvctl {

/// Takes SIGINT, SIGTERM and SIGHUP for as long as it lives. Make it before any other thread is started:
/// those inherit that the signals are not for them. Thread: one.
class SignalCatcher {
 public:
  explicit SignalCatcher(Bell& bell);
  ~SignalCatcher();
  SignalCatcher(const SignalCatcher&) = delete;
  SignalCatcher& operator=(const SignalCatcher&) = delete;

  // With the bell's mutex held:

  [[nodiscard]] bool pending() const { return !caught_.empty(); }
  /// The oldest.
  std::optional<int> take();

 private:
  void run(int signals, int end);

  Bell& bell_;
  sigset_t before_{};
  int end_ = -1;  // an eventfd; -1: no thread
  std::deque<int> caught_;
  std::thread thread_;
};

}  // namespace tools::kvctl
