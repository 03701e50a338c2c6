#include "tools/kvctl/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace tools::kvctl {

SignalCatcher::SignalCatcher(Bell& bell) : bell_(bell) {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ours, number);
  const int signals = signalfd(-1, &ours, SFD_CLOEXEC);
  end_ = eventfd(0, EFD_CLOEXEC);
  pthread_sigmask(SIG_BLOCK, &ours, &before_);
  thread_ = std::thread([this, signals] { run(signals, end_); });
}

SignalCatcher::~SignalCatcher() {
  const std::uint64_t one = 1;
  static_cast<void>(!write(end_, &one, sizeof(one)));
  thread_.join();
  close(end_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalCatcher::run(int signals, int end) {
  std::array<pollfd, 2> sources = {{{signals, POLLIN, 0}, {end, POLLIN, 0}}};
  while (poll(sources.data(), sources.size(), -1) >= 0 || errno == EINTR) {
    if (sources[1].revents != 0) break;
    signalfd_siginfo info{};
    if (sources[0].revents == 0 || read(signals, &info, sizeof(info)) != sizeof(info)) continue;
    const std::lock_guard lock(bell_.mutex);
    caught_.push_back(static_cast<int>(info.ssi_signo));
    bell_.changed.notify_all();
  }
  close(signals);
}

std::optional<int> SignalCatcher::take() {
  if (caught_.empty()) return std::nullopt;
  const int number = caught_.front();
  caught_.pop_front();
  return number;
}

}  // namespace tools::kvctl
