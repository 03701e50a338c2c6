// The thread that looks after space: measures it, lets files be rewritten, and asks now and then what is due.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace kv {

/// Slow work only: nothing waits for this thread but who asked it to reclaim.
class Housekeeper {
 public:
  using Clock = std::chrono::steady_clock;

  struct Work {
    /// Looks, as often as kHousekeepingPause; true when the files are to be rewritten now.
    std::function<bool(Clock::time_point now)> look;
    /// Rewrites the files; `go_on` turns false when the thread is to stop.
    std::function<void(const std::function<bool()>& go_on)> reclaim;
  };

  explicit Housekeeper(Work work) : work_(std::move(work)) {}
  ~Housekeeper() { stop(); }
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  void start();
  /// Rewrites the files as soon as may be, then calls `done`: on this thread, or at once when it has stopped.
  /// Callers that wait together are served together. Thread: any.
  void reclaim(std::function<void()> done);
  /// Idempotent; answers who still waits.
  void stop();

 private:
  void run();

  const Work work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // of start and stop
};

}  // namespace kv
