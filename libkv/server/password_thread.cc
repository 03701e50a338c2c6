#include "libkv/server/password_thread.h"

#include <utility>

namespace kv {

bool PasswordThread::add(Work work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= waiting_max_) return false;
  waiting_.push_back(std::move(work));
  if (!std::exchange(started_, true)) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
  return true;
}

void PasswordThread::run() {
  for (;;) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work.run();
  }
}

void PasswordThread::stop() {
  std::deque<Work> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(waiting_);
    changed_.notify_all();
  }
  for (const Work& work : dropped) work.dropped();
  if (thread_.joinable()) thread_.join();
}

}  // namespace kv
