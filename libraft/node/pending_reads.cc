#include "libraft/node/pending_reads.h"

#include <utility>

namespace raft {

void PendingReads::add(std::vector<std::uint64_t> tickets) {
  if (waiting_.empty()) {
    waiting_ = std::move(tickets);
  } else {
    waiting_.insert(waiting_.end(), tickets.begin(), tickets.end());
  }
}

void PendingReads::tick() {
  for (auto it = asked_.begin(); it != asked_.end();) {
    if (++it->second.ticks < retry_ticks_) {
      ++it;
      continue;
    }
    add(std::move(it->second.tickets));
    it = asked_.erase(it);
  }
}

std::optional<std::uint64_t> PendingReads::ask(bool leader_known) {
  if (waiting_.empty() || !leader_known) return std::nullopt;
  const std::uint64_t id = next_id_++;
  asked_[id].tickets = std::exchange(waiting_, {});
  return id;
}

void PendingReads::failed(std::uint64_t id) {
  add(answered(id));
}

std::vector<std::uint64_t> PendingReads::answered(std::uint64_t id) {
  auto question = asked_.extract(id);
  return question.empty() ? std::vector<std::uint64_t>() : std::move(question.mapped().tickets);
}

}  // namespace raft
