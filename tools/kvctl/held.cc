#include "tools/kvctl/held.h"

#include <unistd.h>

#include "tools/kvctl/watcher.h"

namespace tools::kvctl {
namespace {

using Clock = std::chrono::steady_clock;

bool is_lost(const Held& held) {
  return held.session.lost() || (held.guard != nullptr && held.guard->lost());
}

/// With the bell's mutex held.
std::string loss(const Held& held) {
  return held.what + " lost: " + (held.session.lost() ? held.session.why_lost() : "its key was deleted");
}

/// A terminal has sent it to the command too, unless that has a process group of its own.
bool came_to_both(int number, bool own_group) {
  return !own_group && number == SIGINT;
}

void end_child(Bell& bell, Child& child, std::chrono::milliseconds grace) {
  child.sweep_behind();
  child.signal(SIGTERM);
  std::unique_lock lock(bell.mutex);
  if (wait_for(bell, lock, Clock::now() + grace, [&child] { return child.ended(); })) return;
  lock.unlock();
  child.signal(SIGKILL);
  lock.lock();
  bell.changed.wait(lock, [&child] { return child.ended(); });
}

Outcome<ExitCode> hold(Bell& bell, SignalCatcher& signals, const Held& held) {
  std::unique_lock lock(bell.mutex);
  bell.changed.wait(lock, [&] { return signals.pending() || is_lost(held); });
  if (is_lost(held)) return refuse(kExitLost, loss(held));
  return exit_of_signal(*signals.take());
}

}  // namespace

KeyGuard::KeyGuard(Client& client, Dialer& dialer, Bell& bell, Place place)
    : client_(client), dialer_(dialer), bell_(bell), place_(std::move(place)), thread_([this] { watch(); }) {}

KeyGuard::~KeyGuard() {
  {
    const std::lock_guard lock(bell_.mutex);
    closing_ = true;
    bell_.changed.notify_all();
  }
  thread_.join();
}

void KeyGuard::watch() {
  std::int64_t revision = place_.revision + 1;
  for (;;) {
    WatchOptions options{.range = {.key = place_.key, .range_end = {}}, .revision = revision};
    options.filters = {etcdserverpb::WatchCreateRequest::NOPUT};
    Watcher watcher(client_, dialer_, bell_, nullptr, std::move(options));
    const auto response = watcher.next(SteadyTime::max(), [this] { return closing_; });
    if (response && !*response) return;
    if (!response && response.error().exit != kExitLimit) return;  // the keeping of the lease still guards
    if (!response && read_again(revision)) continue;
    const std::lock_guard lock(bell_.mutex);
    lost_ = true;
    bell_.changed.notify_all();
    return;
  }
}

bool KeyGuard::read_again(std::int64_t& revision) {
  const auto found = read_place(client_, place_);
  if (!found || found->kvs_size() == 0) return false;
  revision = found->header().revision() + 1;
  return true;
}

Outcome<ExitCode> run_while_held(Context& context, Bell& bell, SignalCatcher& signals, const Held& held,
                                 std::vector<std::string> words, Variables variables) {
  if (words.empty()) return hold(bell, signals, held);
  const bool own_group = isatty(STDIN_FILENO) == 0;
  context.io.out.flush();
  TRY_ASSIGN(const auto child, Child::start(bell, {.words = std::move(words),
                                                   .variables = std::move(variables),
                                                   .own_group = own_group}));
  for (;;) {
    std::unique_lock lock(bell.mutex);
    bell.changed.wait(lock, [&] { return child->ended() || signals.pending() || is_lost(held); });
    if (child->ended()) return static_cast<ExitCode>(child->exit_code());
    if (is_lost(held)) {
      const std::string text = loss(held);
      lock.unlock();
      end_child(bell, *child, held.session.margin());
      return refuse(kExitLost, text + "; the command was ended");
    }
    const int number = *signals.take();
    lock.unlock();
    if (!came_to_both(number, own_group)) child->signal(number);
  }
}

void let_go(Context& context, Session& session) {
  const auto revoked = session.revoke();
  if (revoked || context.notices() == nullptr) return;
  *context.notices() << "the lease could not be revoked, and ends by itself: " << revoked.error().text
                     << std::endl;
}

ExitCode exit_of_signal(int number) {
  return static_cast<ExitCode>(128 + number);
}

}  // namespace tools::kvctl
