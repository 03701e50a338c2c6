#include "libkv/server/housekeeper.h"

#include <utility>

namespace kv {
namespace {

constexpr std::chrono::milliseconds kHousekeepingPause{500};

}  // namespace

void Housekeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeper::reclaim(std::function<void()> done) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.push_back(std::move(done));
      changed_.notify_all();
      return;
    }
  }
  done();
}

void Housekeeper::run() {
  const auto go_on = [this] {
    std::lock_guard lock(mutex_);
    return !stopping_;
  };
  while (go_on()) {
    const bool wasteful = work_.look(Clock::now());
    std::vector<std::function<void()>> served;
    {
      std::unique_lock lock(mutex_);
      if (!wasteful) {
        changed_.wait_for(lock, kHousekeepingPause, [this] { return stopping_ || !waiting_.empty(); });
      }
      served.swap(waiting_);
    }
    if (wasteful || !served.empty()) work_.reclaim(go_on);
    if (!served.empty()) static_cast<void>(work_.look(Clock::now()));  // who waited sees the new measure
    for (const auto& done : served) done();
  }
}

void Housekeeper::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (const auto& done : std::exchange(waiting_, {})) done();
}

}  // namespace kv
