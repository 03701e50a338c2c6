#include "libkv/api/long_reads.h"

#include <utility>

namespace kv::api {

LongReads::~LongReads() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool LongReads::add(Read read) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kLongReadsMax) return false;
    waiting_.push_back(std::move(read));
    if (!std::exchange(started_, true)) {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
  }
  added_.notify_one();
  return true;
}

void LongReads::run(const std::stop_token& stop) {
  for (;;) {
    Read read;
    {
      std::unique_lock lock(mutex_);
      if (!added_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested()) return;
      read = std::move(waiting_.front());
      waiting_.pop_front();
    }
    read(stop);
  }
}

}  // namespace kv::api
