#include "tools/kvctl/watch_stream.h"

#include <utility>

namespace tools::kvctl {

WatchStream::WatchStream(Bell& bell, kv::rpc::Channel& channel,
                         const etcdserverpb::WatchCreateRequest& request, kv::rpc::CallOptions options)
    : bell_(bell) {
  stream_ = channel.stream("/etcdserverpb.Watch/Watch", std::move(options),
                           {.on_message = [this](std::string bytes) { on_message(std::move(bytes)); },
                            .on_done = [this](kv::rpc::Status status) { on_done(std::move(status)); }});
  etcdserverpb::WatchRequest message;
  *message.mutable_create_request() = request;
  stream_->send(message.SerializeAsString());
}

WatchStream::~WatchStream() {
  std::unique_lock lock(bell_.mutex);
  closing_ = true;
  bell_.changed.notify_all();
  lock.unlock();
  stream_->cancel();
  lock.lock();
  bell_.changed.wait(lock, [this] { return status_.has_value(); });
}

void WatchStream::ask_progress() {
  etcdserverpb::WatchRequest message;
  message.mutable_progress_request();
  stream_->send(message.SerializeAsString());
}

void WatchStream::on_message(std::string bytes) {
  std::unique_lock lock(bell_.mutex);
  bell_.changed.wait(lock, [this, &bytes] {
    const bool room = queue_.size() < kWatchQueueMax && queue_bytes_ + bytes.size() <= kWatchQueueBytesMax;
    return closing_ || queue_.empty() || room;
  });
  if (closing_) return;
  queue_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  bell_.changed.notify_all();
}

void WatchStream::on_done(kv::rpc::Status status) {
  const std::lock_guard lock(bell_.mutex);
  status_ = std::move(status);
  bell_.changed.notify_all();
}

std::optional<std::string> WatchStream::take() {
  if (queue_.empty()) return std::nullopt;
  std::string bytes = std::move(queue_.front());
  queue_.pop_front();
  queue_bytes_ -= bytes.size();
  bell_.changed.notify_all();
  return bytes;
}

const kv::rpc::Status* WatchStream::ended() const {
  return queue_.empty() && status_ ? &*status_ : nullptr;
}

}  // namespace tools::kvctl
