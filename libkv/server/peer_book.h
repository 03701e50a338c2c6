// Whom this member is to be connected with, and what the table of members says of itself.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "libkv/machine/member_info.h"
#include "libraft/core/membership.h"

namespace kv {

/// Thread: any; updates as they come, each from one thread at a time.
class PeerBook {
 public:
  /// Everyone to be connected with, oneself included. May be null. One call at a time.
  using Tell = std::function<void(const std::vector<MemberInfo>& peers)>;

  PeerBook(raft::NodeId self, Tell tell) : self_(self), tell_(std::move(tell)) {}

  /// What was applied: the table of members, the configuration, and whether oneself is out of both.
  struct Applied {
    std::vector<MemberInfo> members;
    raft::Membership configuration;
    bool removed = false;
  };
  void read(Applied applied);
  /// The replica counts with these now, be it applied or not.
  void configured(const raft::Membership& membership);

  [[nodiscard]] bool is_learner() const { return learner_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_removed() const { return removed_.load(std::memory_order_relaxed); }

 private:
  void tell();

  const raft::NodeId self_;
  const Tell tell_;
  std::atomic<bool> learner_ = false;
  std::atomic<bool> removed_ = false;
  std::mutex mutex_;  // guards what is below; held while the owner is told
  Applied applied_;
  raft::Membership membership_;
  std::map<raft::NodeId, MemberInfo> peers_;  // as last told
};

}  // namespace kv
