// What waits for one peer, between the thread that sends and the I/O thread that writes.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "libraft/core/message.h"

namespace raft {

/// Bounded in messages and in encoded bytes; what is taken counts until it is written. Closed, it holds
/// nothing and drops everything. Thread: push from any, the rest on the I/O thread.
class SendQueue {
 public:
  SendQueue(std::size_t bytes_max, std::size_t messages_max)
      : bytes_max_(bytes_max), messages_max_(messages_max) {}

  struct Pushed {
    std::size_t dropped = 0;  ///< the newest that did not fit, or all of them
    bool wake = false;        ///< nobody works on this queue: the I/O thread must be told to take
  };
  /// Queues a prefix of `messages`, in order. Once one is dropped, so are the ones after it: a gap would only
  /// make the receiver reject what follows.
  Pushed push(std::vector<Message>&& messages);

  /// Swaps everything queued into `batch`, which must be empty. Without anything the I/O thread is done until
  /// the next wake.
  void take(std::vector<Message>& batch);
  /// So much of what was taken is written.
  void written(std::size_t bytes, std::size_t messages);

  void open();
  /// Drops everything, taken or not. Returns how many messages were still queued.
  std::size_t close();

 private:
  [[nodiscard]] bool fits(std::size_t bytes) const;

  const std::size_t bytes_max_;
  const std::size_t messages_max_;
  std::mutex mutex_;  // guards everything below
  std::vector<Message> items_;
  std::size_t bytes_ = 0;     // queued or taken, not yet written
  std::size_t messages_ = 0;  // likewise
  bool open_ = false;
  bool busy_ = false;  // the I/O thread was told, and has not yet found the queue empty
};

}  // namespace raft
