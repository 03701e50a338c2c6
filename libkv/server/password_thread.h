// The one thread that computes hashes of passwords, so that nobody else waits for them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace kv {

/// At most so many wait: some ten seconds of work at the usual cost.
inline constexpr std::size_t kPasswordsMax = 256;

/// Thread: any.
class PasswordThread {
 public:
  struct Work {
    std::function<void()> run;      ///< on the thread
    std::function<void()> dropped;  ///< instead, when it ends before
  };

  explicit PasswordThread(std::size_t waiting_max = kPasswordsMax) : waiting_max_(waiting_max) {}
  ~PasswordThread() { stop(); }
  PasswordThread(const PasswordThread&) = delete;
  PasswordThread& operator=(const PasswordThread&) = delete;

  /// False, and neither is called, when too many wait or it has stopped.
  [[nodiscard]] bool add(Work work);
  /// Drops what waits and lets what runs end. Idempotent. Not from the thread itself.
  void stop();

 private:
  void run();

  const std::size_t waiting_max_;
  std::mutex mutex_;  // guards what follows but for the thread
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool started_ = false;
  bool stopping_ = false;
  std::thread thread_;  // the first work starts it: most clusters know no passwords
};

}  // namespace kv
