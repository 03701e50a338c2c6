// The session in which kvctl's writes are made: what lets a write be sent again when its answer was lost.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "libkv/rpc/metadata.h"

namespace tools::kvctl {

/// Numbers the writes of one session. Thread: any.
class WriteSession {
 public:
  /// What a member gave (kvd.Sessions/Open); the numbers begin anew.
  void open(std::string id);
  /// The session expired, or the cluster has none.
  void close();

  /// One write and its retries.
  struct Ticket {
    std::string id;
    std::uint64_t sequence = 0;
    std::uint64_t acknowledged = 0;

    [[nodiscard]] kv::rpc::Metadata metadata() const;
  };
  /// The next number; nothing without a session.
  std::optional<Ticket> begin();
  /// It will not be sent again.
  void end(const Ticket& ticket);

 private:
  std::mutex mutex_;  // guards what follows
  std::string id_;    // empty: none
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> under_way_;
};

}  // namespace tools::kvctl
