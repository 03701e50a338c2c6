#include "libraft/node/outbox.h"

#include <utility>

#include "libraft/base/mutant.h"

namespace raft {

void Outbox::add(std::vector<Send> sends, Mail& mail) {
  for (Send& send : sends) {
    if (send.after == 0) {
      mail[send.to].push_back(std::move(send.message));
    } else {
      const std::uint64_t after = send.after;
      waiting_.emplace(after, std::move(send));
    }
  }
}

void Outbox::release(std::uint64_t sequence, Mail& mail) {
  const auto end = RAFT_MUTANT(kOutboxUnordered) ? waiting_.end() : waiting_.upper_bound(sequence);
  for (auto it = waiting_.begin(); it != end; ++it)
    mail[it->second.to].push_back(std::move(it->second.message));
  waiting_.erase(waiting_.begin(), end);
}

}  // namespace raft
