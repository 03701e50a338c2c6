#include "libkv/server/requests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kv {

void Requests::propose(const Operation& operation, WriteDone done, const WriteOptions& options) {
  if (driver_->backlog() > options_.backlog_entries_max) {
    done(std::unexpected(RequestFailure{ServerError::kTooManyRequests, Stage::kQueued}));
    return;
  }
  const auto ticket = writes_.add(std::move(done));
  if (!ticket) return;
  auto payload = std::make_shared<const std::string>(
      encode_command(options_.self, *ticket, operation, options.session, options.principal));
  if (payload->size() > options_.request_bytes_max) {
    writes_.refuse(*ticket, ServerError::kTooLarge);
  } else if (!driver_->propose(std::move(payload))) {
    writes_.refuse(*ticket, ServerError::kTooManyRequests);
  }
}

void Requests::read(ReadDone done) {
  const auto ticket = reads_.add(std::move(done));
  if (ticket && !driver_->read(*ticket)) reads_.refuse(*ticket, ServerError::kTooManyRequests);
}

void Requests::reads_ready(std::span<const std::uint64_t> tickets) {
  const ReadView view = parts_.view();
  std::vector<std::pair<std::uint64_t, ReadView>> answers;
  answers.reserve(tickets.size());
  for (std::uint64_t ticket : tickets) answers.emplace_back(ticket, view);
  reads_.answer(std::move(answers));
}

void Requests::applied(AppliedBatch& batch) {
  std::vector<std::pair<std::uint64_t, Outcome>> answers;
  answers.reserve(batch.outcomes.size());
  for (Applied& one : batch.outcomes) {
    if (one.origin == options_.self) answers.emplace_back(one.sequence, std::move(one.outcome));
  }
  applied_writes_.fetch_add(batch.outcomes.size(), std::memory_order_relaxed);
  writes_.answer(std::move(answers));
}

void Requests::ticked(Clock::time_point now) {
  writes_.expire(now, [this](Clock::time_point since) {
    failed_writes_.fetch_add(1, std::memory_order_relaxed);
    return parts_.why_late(since);
  });
  reads_.expire(now, parts_.why_late);
}

void Requests::closed() {
  writes_.fail_all(ServerError::kStopped);
  reads_.fail_all(ServerError::kStopped);
}

void Requests::count(ServerStatus& status) const {
  status.proposals_pending = writes_.size();
  status.proposals_applied = applied_writes_.load(std::memory_order_relaxed);
  status.proposals_failed = failed_writes_.load(std::memory_order_relaxed);
}

}  // namespace kv
