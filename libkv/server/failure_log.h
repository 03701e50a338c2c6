// Failed authentications, in the log and in numbers. Never a password or a token.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "libraft/base/log_sink.h"

namespace kv {

/// At most one line a second, which says how many there were since the last one. Thread: any.
class FailureLog {
 public:
  using Clock = std::chrono::steady_clock;

  explicit FailureLog(raft::LogSink log) : log_(std::move(log)) {}

  /// `user` and `client` as they came: they are escaped, and cut.
  void failed(std::string_view user, std::string_view client, std::string_view reason, Clock::time_point now);
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  const raft::LogSink log_;
  std::atomic<std::uint64_t> count_ = 0;
  std::mutex mutex_;  // guards what follows
  Clock::time_point told_at_{};
  std::uint64_t told_ = 0;  // of count_
};

}  // namespace kv
