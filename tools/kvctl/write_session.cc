#include "tools/kvctl/write_session.h"

#include <utility>

namespace tools::kvctl {

void WriteSession::open(std::string id) {
  const std::lock_guard lock(mutex_);
  id_ = std::move(id);
  next_ = 1;
  under_way_.clear();
}

void WriteSession::close() {
  open({});
}

std::optional<WriteSession::Ticket> WriteSession::begin() {
  const std::lock_guard lock(mutex_);
  if (id_.empty()) return std::nullopt;
  const std::uint64_t sequence = next_++;
  under_way_.insert(sequence);
  return Ticket{.id = id_, .sequence = sequence, .acknowledged = *under_way_.begin() - 1};
}

void WriteSession::end(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  if (ticket.id == id_) under_way_.erase(ticket.sequence);
}

kv::rpc::Metadata WriteSession::Ticket::metadata() const {
  return {{"kvd-session", id},
          {"kvd-sequence", std::to_string(sequence)},
          {"kvd-acknowledged", std::to_string(acknowledged)}};
}

}  // namespace tools::kvctl
