#include "libraft/node/inbox.h"

#include <utility>

namespace raft {

template <class Change>
void Inbox::wake_after(Change change) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    change();
    first = !std::exchange(filled_, true);
  }
  if (first) ready_.notify_one();
}

bool Inbox::propose(SharedBytes payload) {
  bool taken = false;
  wake_after([&] {
    taken = !closed_ && input_.proposals.size() < items_max_;
    if (taken) input_.proposals.push_back(std::move(payload));
  });
  return taken;
}

bool Inbox::read(std::uint64_t ticket) {
  bool taken = false;
  wake_after([&] {
    taken = !closed_ && input_.read_tickets.size() < items_max_;
    if (taken) input_.read_tickets.push_back(ticket);
  });
  return taken;
}

void Inbox::receive(NodeId from, std::vector<Message> messages) {
  wake_after([&] {
    if (messages_ + messages.size() > items_max_) return;
    messages_ += messages.size();
    input_.messages.emplace_back(from, std::move(messages));
  });
}

void Inbox::persisted(std::uint64_t sequence) {
  wake_after([&] { input_.persisted = sequence; });
}

void Inbox::transfer(TransferLeadership wish) {
  wake_after([&] { input_.transfer = wish; });
}

void Inbox::target(MembershipTarget wanted) {
  wake_after([&] { input_.target = std::move(wanted); });
}

void Inbox::synced(Index upto) {
  wake_after([&] { input_.synced = upto; });
}

void Inbox::snapshot(SnapshotResult result) {
  wake_after([&] { input_.snapshots.push_back(std::move(result)); });
}

void Inbox::close() {
  wake_after([&] { closed_ = true; });
  ready_.notify_all();
}

bool Inbox::take(ReplicaInput& input, Clock::time_point deadline) {
  input = {};
  std::unique_lock lock(mutex_);
  ready_.wait_until(lock, deadline, [this] { return filled_; });
  std::swap(input, input_);
  messages_ = 0;
  filled_ = false;
  return !closed_;
}

}  // namespace raft
