// Messages that must not leave before a disk write has ended.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libraft/core/effects.h"

namespace raft {

/// Messages by receiver, in the order in which they may leave.
using Mail = std::map<NodeId, std::vector<Message>>;

class Outbox {
 public:
  /// Takes a step's messages: those without precondition go to `mail`, the others wait.
  void add(std::vector<Send> sends, Mail& mail);
  /// Everything up to write `sequence` is durable: moves what waited for it to `mail`.
  void release(std::uint64_t sequence, Mail& mail);
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  std::multimap<std::uint64_t, Send> waiting_;
};

}  // namespace raft
