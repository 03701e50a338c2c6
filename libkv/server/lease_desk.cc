#include "libkv/server/lease_desk.h"

#include <algorithm>
#include <utility>

namespace kv {
namespace {

/// How often the questions that wait are looked at.
constexpr std::chrono::milliseconds kLookAgain{100};
/// Questions that wait for the end of one lease; more are to ask again.
constexpr std::size_t kWaitForEndMax = 64;

bool is_about_leases(const Applied& one) {
  if (one.repeated) return false;  // was seen when it happened
  return one.outcome.result && (std::holds_alternative<LeaseGrantResult>(*one.outcome.result) ||
                                std::holds_alternative<LeaseRevokeResult>(*one.outcome.result) ||
                                std::holds_alternative<LeaseCheckpointResult>(*one.outcome.result));
}

}  // namespace

LeaseDesk::LeaseDesk(const LeaseDeskOptions& options, Office& office, const Leases& leases)
    : options_(options),
      office_(office),
      leases_(leases),
      waiters_(options.request_timeout, options.first_ticket),
      keeper_(options.keeper) {}

void LeaseDesk::ask(LeaseQuestion kind, std::int64_t lease, const LeaseDone& done) {
  const auto ticket = waiters_.add([done](std::expected<LeaseAnswer, RequestFailure> answer) {
    if (answer) return done(*answer);
    done(std::unexpected(answer.error().error));
  });
  if (!ticket) return;
  const Question question{.kind = kind, .lease = lease, .asked = Clock::now()};
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = questions_.size() >= options_.questions_max;
    if (!full) questions_.emplace(*ticket, question);
  }
  if (full) return waiters_.refuse(*ticket, ServerError::kTooManyRequests);
  route(*ticket, question);
}

void LeaseDesk::route(std::uint64_t ticket, const Question& question) {
  std::optional<raft::NodeId> leader;
  {
    const std::lock_guard lock(mutex_);
    if (keeper_.leads()) {
      leader = office_.self();
    } else if (leader_ != office_.self()) {
      leader = leader_;
    }
  }
  if (!leader) return;  // ticked() tries again
  if (*leader == office_.self()) {
    return answer(question.kind, question.lease,
                  [this, ticket](const std::optional<LeaseAnswer>& told) { settle(ticket, told); });
  }
  send(*leader, {.question = question.kind, .ticket = ticket, .lease = question.lease});
}

void LeaseDesk::send(raft::NodeId to, const LeaseNote& note) {
  office_.send(to, {.kind = static_cast<NoteKind>(note.question),
                    .answer = note.answer.has_value(),
                    .body = encode_lease_note(note)});
}

void LeaseDesk::answer(LeaseQuestion kind, std::int64_t lease, Reply reply) {
  Clock::time_point stamp;
  {
    const std::lock_guard lock(mutex_);
    stamp = keeper_.stamp(Clock::now());
    if (!keeper_.leads()) return;  // who asked will ask again
  }
  office_.read([this, kind, lease, stamp, reply = std::move(reply)](const auto& view) {
    if (!view) return reply(std::nullopt);
    if (kind == LeaseQuestion::kKeepAlive) return renew(lease, stamp, reply);
    reply(look(lease));
  });
}

void LeaseDesk::renew(std::int64_t lease, Clock::time_point stamp, Reply reply) {
  std::optional<LeaseAnswer> told;
  {
    const std::lock_guard lock(mutex_);
    switch (keeper_.renew(lease, stamp, Clock::now())) {
      case Renewal::kRenewed: {
        const auto info = leases_.read([&](const LeaseTable& table) { return table.find(lease); });
        const std::int64_t ttl = info ? info->ttl : 0;
        ++counts_.renewed;
        told = LeaseAnswer{.ttl = ttl, .granted = ttl};
        break;
      }
      case Renewal::kUnknown:
        told = LeaseAnswer{};
        break;
      case Renewal::kEnding: {
        auto& waiting = until_ended_[lease];
        if (waiting.size() < kWaitForEndMax) {
          waiting.push_back(std::move(reply));
          return;
        }
        break;
      }
      case Renewal::kReset: {
        const auto again = [this, lease, stamp, reply](const auto& outcome) {
          if (outcome && outcome->result) return renew(lease, stamp, reply);
          reply(std::nullopt);
        };
        proposals_.emplace_back(LeaseCheckpointOp{.term = term_, .leases = {{lease, 0}}}, again);
        break;
      }
      case Renewal::kNotLeading:
        break;
    }
  }
  if (told) return reply(told);
  pump();
}

std::optional<LeaseAnswer> LeaseDesk::look(std::int64_t lease) const {
  const std::lock_guard lock(mutex_);
  if (!keeper_.leads()) return std::nullopt;
  const auto info = leases_.read([&](const LeaseTable& table) { return table.find(lease); });
  const auto left = keeper_.remaining(lease, Clock::now());
  if (!info || !left) return LeaseAnswer{.ttl = -1, .granted = 0};
  return LeaseAnswer{.ttl = *left, .granted = info->ttl};
}

void LeaseDesk::settle(std::uint64_t ticket, const std::optional<LeaseAnswer>& answer) {
  if (!answer) return;
  {
    const std::lock_guard lock(mutex_);
    questions_.erase(ticket);
  }
  waiters_.answer({{ticket, *answer}});
}

void LeaseDesk::status_changed(const raft::CoreStatus& status) {
  std::unordered_map<std::int64_t, std::vector<Reply>> released;
  {
    const std::lock_guard lock(mutex_);
    const bool leads = status.role == raft::RoleName::kLeader;
    if (leader_ != status.leader) {
      for (auto& [ticket, question] : questions_) question.asked = {};
      asked_again_ = {};
    }
    leader_ = status.leader;
    if (leads && !(keeper_.leads() && term_ == status.term)) {
      term_ = status.term;
      // Under the lock, as applied() is: a lease that is granted meanwhile is in the one or comes by the
      // other.
      keeper_.lead(term_, Clock::now(), leases_.read([](const LeaseTable& table) { return table.list(); }));
      released.swap(until_ended_);
    } else if (!leads && keeper_.leads()) {
      keeper_.follow();
      released.swap(until_ended_);
    }
  }
  for (auto& [lease, replies] : released) {
    for (Reply& reply : replies) reply(std::nullopt);
  }
}

void LeaseDesk::applied(AppliedBatch& batch) {
  if (!batch.holds<LeaseGrantResult>() && !batch.holds<LeaseRevokeResult>() &&
      !batch.holds<LeaseCheckpointResult>()) {
    return;
  }
  std::vector<Reply> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (const Applied& one : batch.outcomes) {
      if (is_about_leases(one)) take(*one.outcome.result, now, ended);
    }
  }
  for (Reply& reply : ended) reply(LeaseAnswer{});
}

void LeaseDesk::take(const OperationResult& result, Clock::time_point now, std::vector<Reply>& ended) {
  if (const auto* grant = std::get_if<LeaseGrantResult>(&result)) {
    ++counts_.granted;
    keeper_.granted(grant->lease, grant->ttl, now);
  } else if (const auto* revoke = std::get_if<LeaseRevokeResult>(&result)) {
    ++counts_.revoked;
    if (revoke->expired && keeper_.leads()) ++counts_.expired;
    keeper_.ended(revoke->lease);
    if (auto waiting = until_ended_.extract(revoke->lease); !waiting.empty()) {
      std::ranges::move(waiting.mapped(), std::back_inserter(ended));
    }
  } else if (const auto* checkpoint = std::get_if<LeaseCheckpointResult>(&result)) {
    for (const LeaseRemaining& remaining : checkpoint->leases) keeper_.checkpointed(remaining);
  }
}

void LeaseDesk::received(raft::NodeId from, const Note& received) {
  const auto note = decode_lease_note(received);
  if (!note) return;
  if (note->answer) return settle(note->ticket, note->answer);
  answer(note->question, note->lease, [this, from, note = *note](const std::optional<LeaseAnswer>& told) {
    if (!told) return;
    LeaseNote back = note;
    back.answer = told;
    send(from, back);
  });
}

void LeaseDesk::ticked(Clock::time_point now) {
  std::vector<std::pair<std::uint64_t, Question>> again;
  bool leader_known = false;
  {
    const std::lock_guard lock(mutex_);
    leader_known = leader_.has_value();
    propose_due(now);
    if (now - asked_again_ >= kLookAgain) {
      asked_again_ = now;
      std::erase_if(questions_, [&](const auto& item) { return !waiters_.waits(item.first); });
      for (auto& [ticket, question] : questions_) {
        if (now - question.asked < options_.ask_again) continue;
        question.asked = now;
        again.emplace_back(ticket, question);
      }
    }
  }
  waiters_.expire(now, [leader_known](Clock::time_point) {
    return leader_known ? ServerError::kTimeout : ServerError::kNoLeader;
  });
  pump();
  for (const auto& [ticket, question] : again) route(ticket, question);
}

void LeaseDesk::propose_due(Clock::time_point now) {
  LeaseKeeper::Work work = keeper_.tick(now);
  if (work.checkpoint) proposals_.emplace_back(std::move(*work.checkpoint), [](const auto&) {});
  for (const LeaseExpireOp& op : work.expire) {
    proposals_.emplace_back(op, [this, op](const auto& outcome) {
      if (outcome && outcome->result) return;  // applied() has seen it
      const std::lock_guard lock(mutex_);
      keeper_.failed(op, Clock::now());
    });
  }
}

/// In the order in which they were decided, whatever thread comes by: a lease that is kept alive behind a
/// checkpoint must be told of behind it.
void LeaseDesk::pump() {
  std::unique_lock lock(mutex_);
  if (std::exchange(pumping_, true)) return;
  while (!proposals_.empty()) {
    auto [operation, done] = std::move(proposals_.front());
    proposals_.pop_front();
    lock.unlock();
    office_.write(std::move(operation), std::move(done));
    lock.lock();
  }
  pumping_ = false;
}

void LeaseDesk::closed() {
  waiters_.fail_all(ServerError::kStopped);
  const std::lock_guard lock(mutex_);
  keeper_.follow();
  questions_.clear();
  until_ended_.clear();
}

std::vector<std::int64_t> LeaseDesk::ids() const {
  {
    const std::lock_guard lock(mutex_);
    if (keeper_.leads()) return keeper_.by_end();
  }
  std::vector<std::int64_t> ids;
  for (const LeaseInfo& info : leases_.read([](const LeaseTable& table) { return table.list(); })) {
    ids.push_back(info.id);
  }
  return ids;
}

LeaseCounts LeaseDesk::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace kv
