// A bounded mailbox between threads that hands over batches: under load the batch grows, not the wakeups.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace raft {

/// Many producers, one consumer. Push never blocks: a full queue refuses, and the producer says so upward.
/// Thread: every method may be called from any thread; pop from one.
template <class T>
class BatchQueue {
 public:
  /// `capacity_max`: items held before push refuses.
  explicit BatchQueue(std::size_t capacity_max) : capacity_max_(capacity_max) {}

  /// False when the queue is full or closed; the item is then left as it was.
  [[nodiscard]] bool push(T&& item) {
    bool was_empty = false;
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_max_) return false;
      was_empty = items_.empty();
      items_.push_back(std::move(item));
    }
    if (was_empty) ready_.notify_one();
    return true;
  }

  /// Waits until there is something, the deadline passes or the queue closes; moves everything into `batch`
  /// (cleared first). False when the queue is closed and empty.
  bool pop_all_until(std::vector<T>& batch, std::chrono::steady_clock::time_point deadline) {
    batch.clear();
    std::unique_lock lock(mutex_);
    ready_.wait_until(lock, deadline, [this] { return closed_ || !items_.empty(); });
    batch.swap(items_);
    return !(closed_ && batch.empty());
  }

  /// As pop_all_until, without a deadline.
  bool pop_all(std::vector<T>& batch) {
    batch.clear();
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
    batch.swap(items_);
    return !(closed_ && batch.empty());
  }

  /// Refuses further pushes and wakes the consumer, which still gets what is queued.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_max_;
  mutable std::mutex mutex_;  // guards items_, closed_
  std::condition_variable ready_;
  std::vector<T> items_;
  bool closed_ = false;
};

}  // namespace raft
