#include "libkv/server/leader_watch.h"

namespace kv {

void LeaderWatch::status_changed(const raft::CoreStatus& status) {
  {
    std::lock_guard lock(mutex_);
    if (status.leader == leader_) return;
    if (status.leader) ++changes_;
    leader_ = status.leader;
    changed_at_ = Clock::now();
    moved_.notify_all();
  }
  answer_wishes();
}

void LeaderWatch::expect(raft::NodeId target, TransferDone done) {
  const auto ticket =
      waiters_.add([done = std::move(done)](const std::expected<std::monostate, RequestFailure>& moved) {
        if (moved) return done({});
        done(std::unexpected(moved.error().error));
      });
  if (!ticket) return;
  {
    std::lock_guard lock(mutex_);
    wishes_.push_back({target, *ticket, Clock::now() + limit_});
  }
  answer_wishes();
}

void LeaderWatch::answer_wishes() {
  std::vector<std::pair<std::uint64_t, std::monostate>> fulfilled;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(wishes_, [&](const Wish& wish) {
      if (wish.target != leader_) return false;
      fulfilled.emplace_back(wish.ticket, std::monostate());
      return true;
    });
  }
  if (!fulfilled.empty()) waiters_.answer(std::move(fulfilled));
}

void LeaderWatch::ticked(Clock::time_point now) {
  {
    std::lock_guard lock(mutex_);
    std::erase_if(wishes_, [now](const Wish& wish) { return wish.until <= now; });
  }
  waiters_.expire(now, [](Clock::time_point) { return ServerError::kTransferTimeout; });
}

void LeaderWatch::wait_for_another(raft::NodeId self, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, limit, [&] { return leader_ && leader_ != self; });
}

std::uint64_t LeaderWatch::changes() const {
  std::lock_guard lock(mutex_);
  return changes_;
}

bool LeaderWatch::changed_since(Clock::time_point then) const {
  std::lock_guard lock(mutex_);
  return changed_at_ >= then;
}

}  // namespace kv
