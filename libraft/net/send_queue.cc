#include "libraft/net/send_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libraft/base/check.h"
#include "libraft/net/codec.h"

namespace raft {

/// An oversized message is let through alone, so that a limit below one entry cannot stop a log for ever.
bool SendQueue::fits(std::size_t bytes) const {
  if (bytes > kMessageBytesMax) return false;
  return messages_ == 0 || (messages_ < messages_max_ && bytes <= bytes_max_ - std::min(bytes_, bytes_max_));
}

SendQueue::Pushed SendQueue::push(std::vector<Message>&& messages) {
  std::lock_guard lock(mutex_);
  if (!open_) return {.dropped = messages.size()};
  std::size_t kept = 0;
  for (const Message& message : messages) {
    const std::size_t bytes = encoded_size(message);
    if (!fits(bytes)) break;
    bytes_ += bytes;
    ++messages_;
    ++kept;
  }
  const std::size_t dropped = messages.size() - kept;
  if (kept == 0) return {.dropped = dropped};
  messages.resize(kept);
  if (items_.empty()) {
    items_.swap(messages);
  } else {
    items_.insert(items_.end(), std::make_move_iterator(messages.begin()),
                  std::make_move_iterator(messages.end()));
  }
  return {.dropped = dropped, .wake = !std::exchange(busy_, true)};
}

void SendQueue::take(std::vector<Message>& batch) {
  RAFT_CHECK(batch.empty());
  std::lock_guard lock(mutex_);
  batch.swap(items_);
  if (batch.empty()) busy_ = false;
}

void SendQueue::written(std::size_t bytes, std::size_t messages) {
  std::lock_guard lock(mutex_);
  RAFT_CHECK(bytes <= bytes_);
  RAFT_CHECK(messages <= messages_);
  bytes_ -= bytes;
  messages_ -= messages;
}

void SendQueue::open() {
  std::lock_guard lock(mutex_);
  RAFT_CHECK(items_.empty());
  open_ = true;
  busy_ = false;
  bytes_ = messages_ = 0;
}

std::size_t SendQueue::close() {
  std::vector<Message> dropped;  // freed outside the lock
  std::lock_guard lock(mutex_);
  open_ = busy_ = false;
  bytes_ = messages_ = 0;
  dropped.swap(items_);
  return dropped.size();
}

}  // namespace raft
