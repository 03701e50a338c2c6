// Writes and reads on their way through the log: proposed, waited for, answered or given up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>

#include "libkv/server/desk.h"
#include "libkv/server/server.h"
#include "libkv/server/waiters.h"
#include "libraft/node/driver.h"

namespace kv {

struct RequestsOptions {
  raft::NodeId self;
  std::chrono::milliseconds request_timeout{7000};
  std::size_t request_bytes_max = 0;
  std::uint64_t backlog_entries_max = 0;
  std::uint64_t first_sequence = 1;
};

struct RequestsParts {
  std::function<ReadView()> view;
  /// What to tell one that waits since then, and waited too long.
  std::function<ServerError(Desk::Clock::time_point since)> why_late;
};

/// Thread: any. Callbacks run without a lock.
class Requests final : public Desk {
 public:
  Requests(const RequestsOptions& options, RequestsParts parts)
      : options_(options),
        parts_(std::move(parts)),
        writes_(options.request_timeout, options.first_sequence),
        reads_(options.request_timeout, 1) {}

  /// Before the first request. It must outlive them.
  void begin(raft::Driver& driver) { driver_ = &driver; }

  void propose(const Operation& operation, WriteDone done, const WriteOptions& options = {});
  void read(ReadDone done);
  /// For raft::DriverEvents.
  void reads_ready(std::span<const std::uint64_t> tickets);

  // Desk: the last one, as it answers.
  void applied(AppliedBatch& batch) override;
  void ticked(Clock::time_point now) override;
  void closed() override;

  /// Adds how the writes fared.
  void count(ServerStatus& status) const;

 private:
  const RequestsOptions options_;
  const RequestsParts parts_;
  raft::Driver* driver_ = nullptr;
  Waiters<Outcome> writes_;
  Waiters<ReadView> reads_;
  std::atomic<std::uint64_t> applied_writes_ = 0;
  std::atomic<std::uint64_t> failed_writes_ = 0;
};

}  // namespace kv
