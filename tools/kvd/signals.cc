#include "tools/kvd/signals.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>

namespace tools::kvd {
namespace {

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> wait_for_signal(std::chrono::milliseconds limit) {
  const sigset_t set = ending_signals();
  const timespec wait{.tv_sec = limit.count() / 1000, .tv_nsec = (limit.count() % 1000) * 1000000};
  const int signal = sigtimedwait(&set, nullptr, &wait);
  if (signal < 0) return std::nullopt;
  return signal;
}

void end_by_signal(int signal) {
  if (getpid() == 1) std::_Exit(0);
  std::signal(signal, SIG_DFL);
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace tools::kvd
