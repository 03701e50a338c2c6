// Where a thread waits for whatever comes first: a message, a signal, the end of a child.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace tools::kvctl {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Everything that a waiter's predicates read is written with `mutex` held, and `changed` is notified then.
/// Outlives all that rings it.
struct Bell {
  std::mutex mutex;
  std::condition_variable changed;
};

/// Read with the bell's mutex held.
using Condition = std::function<bool()>;

/// False when `deadline` came first; SteadyTime::max(): there is none.
inline bool wait_for(Bell& bell, std::unique_lock<std::mutex>& lock, SteadyTime deadline,
                     const Condition& condition) {
  if (deadline != SteadyTime::max()) return bell.changed.wait_until(lock, deadline, condition);
  bell.changed.wait(lock, condition);
  return true;
}

}  // namespace tools::kvctl
