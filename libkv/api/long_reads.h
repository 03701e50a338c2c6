// Reads of the whole history, one after the other on a thread of their own: they never stand in the way of
// other calls of their connection.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace kv::api {

/// At most so many wait: each keeps the space of what is deleted meanwhile.
inline constexpr std::size_t kLongReadsMax = 16;

/// Thread: add from any.
class LongReads {
 public:
  /// Told to stop when the server ends.
  using Read = std::function<void(const std::stop_token& stop)>;

  LongReads() = default;
  /// Stops the one that runs and drops what waits.
  ~LongReads();
  LongReads(const LongReads&) = delete;
  LongReads& operator=(const LongReads&) = delete;

  /// False when there are too many already.
  [[nodiscard]] bool add(Read read);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;  // guards what follows but for the thread
  std::condition_variable_any added_;
  std::deque<Read> waiting_;
  bool started_ = false;
  std::jthread thread_;  // the first read starts it
};

}  // namespace kv::api
