#include "libkv/rpc/inbox.h"

#include <utility>

namespace kv::rpc {

thread_local Inbox* Inbox::current_ = nullptr;

bool Inbox::push(std::shared_ptr<Addressee> to, Mail&& mail) {
  std::lock_guard lock(mutex_);
  if (closed_) return false;
  items_.push_back({std::move(to), std::move(mail)});
  // Under the lock, so that close() cannot take the loop away meanwhile.
  if (items_.size() == 1) wake_();
  return true;
}

void Inbox::deliver_batch() {
  for (Envelope& envelope : batch_) {
    if (auto* work = std::get_if<Work>(&envelope.mail)) {
      envelope.to ? envelope.to->run(std::move(*work)) : (*work)();
    } else {
      envelope.to->deliver(std::move(envelope.mail));
    }
  }
  batch_.clear();
}

void Inbox::deliver_all() {
  {
    std::lock_guard lock(mutex_);
    batch_.swap(items_);
  }
  deliver_batch();
}

void Inbox::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    wake_ = nullptr;
    batch_.swap(items_);
  }
  deliver_batch();
}

}  // namespace kv::rpc
