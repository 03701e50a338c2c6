// Requests that wait for an answer from the replica, each until its deadline. Writes and reads use the same
// table.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libkv/server/server.h"

namespace kv {

/// `Answer` is what a request that succeeds is given. Bounded by the inbox in front of the replica and by the
/// deadline. Thread: any. Callbacks run without the lock.
template <class Answer>
class Waiters {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(std::expected<Answer, RequestFailure>)>;
  using Why = std::function<ServerError(Clock::time_point since)>;

  /// `limit`: how long each request waits. `first_ticket`: unlike those of this member's earlier lives.
  Waiters(Clock::duration limit, std::uint64_t first_ticket) : limit_(limit), next_(first_ticket) {}

  /// Registers a request. After fail_all it is answered kStopped at once and gets no ticket.
  std::optional<std::uint64_t> add(Done done) {
    const auto now = Clock::now();
    {
      std::lock_guard lock(mutex_);
      if (!closed_) {
        const std::uint64_t ticket = next_++;
        waiting_.emplace(ticket, Waiting{std::move(done), now});
        expiries_.push_back({now + limit_, ticket});
        return ticket;
      }
    }
    done(std::unexpected(RequestFailure{ServerError::kStopped, Stage::kQueued}));
    return std::nullopt;
  }

  /// Answers those that still wait; `answers` are pairs of ticket and answer.
  void answer(std::vector<std::pair<std::uint64_t, Answer>> answers) {
    std::vector<Done> dones(answers.size());
    {
      std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < answers.size(); ++i) {
        auto node = waiting_.extract(answers[i].first);
        if (!node.empty()) dones[i] = std::move(node.mapped().done);
      }
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (dones[i]) dones[i](std::move(answers[i].second));
    }
  }

  /// Refuses one request that did not get further than this table.
  void refuse(std::uint64_t ticket, ServerError error) {
    Done done;
    {
      std::lock_guard lock(mutex_);
      auto node = waiting_.extract(ticket);
      if (!node.empty()) done = std::move(node.mapped().done);
    }
    if (done) done(std::unexpected(RequestFailure{error, Stage::kQueued}));
  }

  /// Answers those whose deadline has passed; `why` says what to tell one that waits since then.
  void expire(Clock::time_point now, const Why& why) {
    std::vector<Waiting> late;
    {
      std::lock_guard lock(mutex_);
      while (!expiries_.empty() && expiries_.front().at <= now) {
        auto node = waiting_.extract(expiries_.front().ticket);
        expiries_.pop_front();
        if (!node.empty()) late.push_back(std::move(node.mapped()));
      }
    }
    for (Waiting& one : late) one.done(std::unexpected(RequestFailure{why(one.since), Stage::kProposed}));
  }

  /// Answers all, and every later one at once.
  void fail_all(ServerError error) {
    std::unordered_map<std::uint64_t, Waiting> all;
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      all.swap(waiting_);
      expiries_.clear();
    }
    for (auto& [ticket, one] : all) one.done(std::unexpected(RequestFailure{error, Stage::kProposed}));
  }

  [[nodiscard]] bool waits(std::uint64_t ticket) const {
    std::lock_guard lock(mutex_);
    return waiting_.contains(ticket);
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiting {
    Done done;
    Clock::time_point since;
  };
  struct Expiry {
    Clock::time_point at;
    std::uint64_t ticket;
  };

  const Clock::duration limit_;
  mutable std::mutex mutex_;  // guards everything below
  std::uint64_t next_;
  bool closed_ = false;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::deque<Expiry> expiries_;  // ascending; answered ones are skipped when their time comes
};

}  // namespace kv
