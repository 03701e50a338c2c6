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

void end_at_next_signal() {
  // The first process of a container has no default action: it must end by itself.
  const auto action = getpid() == 1 ? [](int) { std::_Exit(0); } : SIG_DFL;
  for (int signal : {SIGTERM, SIGINT}) std::signal(signal, action);
  const sigset_t set = ending_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void end_by_signal(int signal) {
  if (getpid() == 1) std::_Exit(0);
  end_at_next_signal();
  std::raise(signal);
  std::_Exit(128 + signal);
}

}  // namespace tools::kvd
